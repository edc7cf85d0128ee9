package io.querator.node.service;

import static org.assertj.core.api.Assertions.assertThat;

import io.querator.node.service.ItemReader.Kind;
import io.querator.queue.Command.Clear;
import io.querator.queue.Command.Complete;
import io.querator.queue.Command.Delete;
import io.querator.queue.Command.NewItem;
import io.querator.queue.Command.Produce;
import io.querator.queue.ItemId;
import io.querator.queue.LeaseAnswer;
import io.querator.queue.LeasedItem;
import io.querator.queue.Outcome.Done;
import io.querator.storage.Micros;
import io.querator.storage.PartitionKey;
import io.querator.storage.memory.MemoryCatalogue;
import io.querator.storage.memory.MemoryPartitionStore;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ItemReaderTest {
  private static final long SEED = Long.getLong("seed", System.nanoTime());
  private final Random random = new Random(SEED);
  private final AtomicReference<Duration> shift = new AtomicReference<>(Duration.ZERO);
  private final MemoryPartitionStore store =
      new MemoryPartitionStore(() -> Instant.now().plus(shift.get()));
  private final MemoryCatalogue catalogue = new MemoryCatalogue();
  private TestService service = started();

  private TestService started() {
    return new TestService(List.of(new Storage("s", store, 1)), catalogue).started();
  }

  /// So that positions have different epochs, and ids seconds that are far apart.
  private ServedQueue restarted(ServedQueue queue) {
    service.close();
    shift.updateAndGet(by -> by.plusSeconds(random.nextInt(3)));
    service = started();
    return service.find(queue.name());
  }

  @AfterEach
  void close() {
    service.close();
  }

  private static PartitionSlot slot(ServedQueue queue) {
    return queue.partitions().getFirst();
  }

  private List<ListedItem> list(ServedQueue queue, Kind kind, @Nullable ItemId pivot, int limit) {
    List<ListedItem> items = new ArrayList<>();
    assertThat(
            service
                .node
                .items()
                .list(
                    queue,
                    slot(queue),
                    kind,
                    pivot,
                    service.soon(),
                    item -> items.add(item) && items.size() < limit))
        .isEqualTo(new Done<>(true));
    return items;
  }

  private static List<ItemId> ids(List<ListedItem> items) {
    return items.stream().map(ListedItem::id).toList();
  }

  private void schedule(ServedQueue queue) {
    long later = Micros.of(Instant.now().plus(Duration.ofHours(1)));
    List<NewItem> items =
        List.of(
            new NewItem(TestService.content("s"), later),
            new NewItem(TestService.content("t"), later - random.nextInt(1_000_000)));
    queue.produce(new Produce(items, Micros.of(Instant.now()), null), service.soon());
  }

  @Test
  void listsFromAnyPivot() {
    ServedQueue queue = service.queue(1);
    for (int round = 0; round < 6; round++) {
      for (int i = 0; i < 20; i++) {
        service.produce(queue, "a", "b");
        schedule(queue);
      }
      queue = restarted(queue);
    }
    for (Kind kind : Kind.values()) {
      List<ItemId> all = ids(list(queue, kind, null, Integer.MAX_VALUE));
      assertThat(all).as("seed %d", SEED).hasSize(240).isSorted();

      for (int i = 0; i < 300; i++) {
        ItemId pivot = pivot(all);
        List<ItemId> expected = all.stream().filter(id -> id.compareTo(pivot) >= 0).toList();

        assertThat(ids(list(queue, kind, pivot, Integer.MAX_VALUE)))
            .as("seed %d, %s from %s", SEED, kind, pivot)
            .isEqualTo(expected);
      }
    }
  }

  /// Ids that are there, their neighbours, and such as no partition ever gave.
  private ItemId pivot(List<ItemId> all) {
    ItemId id = all.get(random.nextInt(all.size()));
    return switch (random.nextInt(6)) {
      case 0 -> id;
      case 1 -> new ItemId(id.second(), id.partition(), id.serial() - random.nextInt(1, 4));
      case 2 -> new ItemId(id.second(), id.partition(), id.serial() + random.nextInt(1, 4));
      case 3 -> new ItemId(id.second() + random.nextInt(-2, 3), id.partition(), id.serial());
      case 4 -> new ItemId(id.second(), PartitionKey.random(random), random.nextLong());
      default -> new ItemId(random.nextInt(), PartitionKey.random(random), random.nextLong());
    };
  }

  @Test
  void showsLeasesAndHidesWhatWasCleared() {
    ServedQueue queue = service.queue(1);
    for (int i = 0; i < 700; i++) {
      service.produce(queue, "a", "b");
    }
    LeaseAnswer.Leased leased = service.lease(queue, 3);
    queue.forAll(slot -> queue.call(slot, new Clear(true, true, false), service.soon()));
    service.produce(queue, "new");

    List<ListedItem> items = list(queue, Kind.READY, null, Integer.MAX_VALUE);

    assertThat(items).hasSize(4);
    assertThat(ids(items.subList(0, 3)))
        .isEqualTo(leased.items().stream().map(LeasedItem::id).toList());
    assertThat(items.subList(0, 3)).allSatisfy(item -> assertThat(item.lease()).isNotNull());
    assertThat(items.getLast().lease()).isNull();
  }

  @Test
  void takesManyPages() {
    ServedQueue queue = service.queue(1);
    String[] payloads = new String[1_000];
    Arrays.fill(payloads, "x");
    for (int i = 0; i < 12; i++) {
      service.produce(queue, payloads);
    }

    List<ListedItem> items = list(queue, Kind.READY, null, 10_000);

    assertThat(items).hasSize(10_000);
    assertThat(ids(items)).isSorted().doesNotHaveDuplicates();
  }

  @Test
  void knowsWhyAnItemIsNotLeased() {
    ServedQueue queue = service.queue(1);
    service.produce(queue, "a", "b", "c", "d");
    List<ItemId> all = ids(list(queue, Kind.READY, null, 10));
    service.lease(queue, 2);
    queue.complete(slot(queue), new Complete(all.subList(0, 1)), service.soon());
    queue.call(slot(queue), new Delete(all.subList(3, 4)), service.soon());
    schedule(queue);
    ItemId scheduled = ids(list(queue, Kind.SCHEDULED, null, 1)).getFirst();
    ItemId leased = all.get(1);
    List<ItemId> asked = new ArrayList<>(all);
    asked.add(scheduled);
    asked.add(new ItemId(leased.second() + 1, leased.partition(), leased.serial()));
    asked.add(new ItemId(leased.second(), new PartitionKey(9), leased.serial()));

    assertThat(service.node.items().states(queue, slot(queue), asked, service.soon()))
        .isEqualTo(
            new Done<>(
                List.of(
                    ItemState.UNKNOWN,
                    ItemState.LEASED,
                    ItemState.NOT_LEASED,
                    ItemState.UNKNOWN,
                    ItemState.UNKNOWN,
                    ItemState.UNKNOWN,
                    ItemState.UNKNOWN)));
  }
}
