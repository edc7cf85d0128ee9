package io.querator.queue;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class WaitingRoomTest {
  private final WaitingRoom room = new WaitingRoom(10);

  private Waiter waits(String client, int batchSize) {
    Waiter waiter = new Waiter(client, batchSize);
    assertThat(room.park(waiter)).isEqualTo(WaitingRoom.Parked.WAITING);
    return waiter;
  }

  /// Else they would share a few items, in as many leases.
  @Test
  void reservesNoMoreCallsThanFindSomething() {
    Waiter first = waits("first", 3);
    Waiter second = waits("second", 3);
    Waiter third = waits("third", 3);

    List<Waiter> reserved = room.reserve(8, 4);

    assertThat(reserved).containsExactly(first, second);
    assertThat(room.size()).isEqualTo(1);
    assertThat(room.reserve(8, 1)).containsExactly(third);
  }

  @Test
  void reservesNoMoreCallsThanItIsAskedFor() {
    Waiter first = waits("first", 1);
    waits("second", 1);

    assertThat(room.reserve(1, 1_000)).containsExactly(first);
  }
}
