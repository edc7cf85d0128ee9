package io.querator.node.service;

import static org.assertj.core.api.Assertions.assertThat;

import io.querator.storage.PartitionKey;
import io.querator.storage.PartitionRecord;
import io.querator.storage.PartitionRecord.State;
import java.util.List;
import org.junit.jupiter.api.Test;

class RepartitionTest {
  private static PartitionRecord partition(int index) {
    return new PartitionRecord(index, new PartitionKey(index), "s", State.ACTIVE);
  }

  @Test
  void drainsTheHighestAndTakesThemBackFirst() {
    List<PartitionRecord> three = List.of(partition(0), partition(1), partition(2));

    List<PartitionRecord> one = Repartition.keep(three, 1);

    assertThat(one)
        .extracting(PartitionRecord::state)
        .containsExactly(State.ACTIVE, State.DRAINING, State.DRAINING);
    assertThat(Repartition.missing(one, 2)).isEmpty();
    assertThat(Repartition.active(Repartition.keep(one, 2))).isEqualTo(2);
  }

  @Test
  void fillsTheGapsOfDroppedOnes() {
    List<PartitionRecord> left = List.of(partition(0), partition(3));

    assertThat(Repartition.missing(left, 5)).containsExactly(1, 2, 4);
    assertThat(Repartition.inOrder(left, List.of(partition(2), partition(1))))
        .extracting(PartitionRecord::index)
        .containsExactly(0, 1, 2, 3);
  }
}
