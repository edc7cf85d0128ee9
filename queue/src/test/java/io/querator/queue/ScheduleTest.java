package io.querator.queue;

import static org.assertj.core.api.Assertions.assertThat;

import io.querator.storage.Due;
import io.querator.storage.Epoch;
import io.querator.storage.ItemHead;
import io.querator.storage.Position;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class ScheduleTest {
  private final Schedule schedule = new Schedule(3);

  private static ItemHead due(long dueAt) {
    long position = Position.notReady(new Epoch(1), dueAt);
    return new ItemHead(position, 0, 0, 0, dueAt, 0, 0, "");
  }

  private List<Long> takeAll() {
    return schedule.takeDue(Long.MAX_VALUE - 2, 100).stream().map(ItemHead::dueAt).toList();
  }

  private void addAll(long... dueAts) {
    LongStream.of(dueAts).forEach(dueAt -> schedule.add(due(dueAt)));
  }

  @Test
  void forgetsTheLastOnesBeyondItsSize() {
    addAll(10, 40, 20, 30, 50);

    assertThat(takeAll()).containsExactly(10L, 20L, 30L);
    assertThat(schedule.isComplete()).isFalse();
    assertThat(schedule.beginLoad()).isEqualTo(Schedule.due(due(30)));
  }

  @Test
  void doesNotMissWhatIsAddedWhileItLoads() {
    addAll(10, 20, 30, 40, 60);
    takeAll();
    schedule.beginLoad();

    // the read may have come before this was stored
    addAll(50);
    schedule.load(List.of(due(40), due(60)), Schedule.END);

    assertThat(takeAll()).containsExactly(40L);
    assertThat(schedule.isComplete()).isFalse();
    Due after = schedule.beginLoad();
    assertThat(after).isEqualTo(Schedule.due(due(40)));
    schedule.load(List.of(due(50), due(60)), Schedule.END);
    assertThat(takeAll()).containsExactly(50L, 60L);
    assertThat(schedule.isComplete()).isTrue();
  }

  @Test
  void doesNotMissWhatItGivesUpWhileItLoads() {
    addAll(10, 20, 30, 40);
    takeAll();
    schedule.beginLoad();

    addAll(25, 24, 23, 22);
    schedule.load(List.of(due(40)), Schedule.END);

    assertThat(takeAll()).containsExactly(22L, 23L, 24L);
    schedule.beginLoad();
    schedule.load(List.of(due(25), due(40)), Schedule.END);
    assertThat(takeAll()).containsExactly(25L, 40L);
  }

  @Test
  void knowsEverythingAfterAClear() {
    addAll(10, 20, 30, 40);
    schedule.beginLoad();
    addAll(50);

    schedule.clear();
    addAll(70);

    assertThat(schedule.isComplete()).isTrue();
    assertThat(takeAll()).containsExactly(70L);
  }
}
