package io.querator.node.service;

import static io.querator.node.service.TestService.payload;
import static org.assertj.core.api.Assertions.assertThat;

import io.querator.queue.Command.Clear;
import io.querator.queue.Command.Complete;
import io.querator.queue.Command.Produced;
import io.querator.queue.ItemId;
import io.querator.queue.LeaseAnswer;
import io.querator.queue.LeaseAnswer.Ended;
import io.querator.queue.LeasedItem;
import io.querator.queue.Outcome;
import io.querator.queue.Outcome.Done;
import io.querator.queue.Outcome.NotExecuted;
import io.querator.queue.Outcome.Reason;
import io.querator.queue.PartitionLimits;
import io.querator.queue.Waiter;
import io.querator.storage.Micros;
import io.querator.storage.memory.MemoryCatalogue;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ServedQueueTest {
  private final TestService service = new TestService().started();

  @AfterEach
  void close() {
    service.close();
  }

  @Test
  void producesIntoPartitionsInTurn() {
    ServedQueue queue = service.queue(3);
    List<Integer> partitions = new ArrayList<>();
    for (int i = 0; i < 6; i++) {
      partitions.add(service.produce(queue, "a"));
    }

    assertThat(partitions).containsExactly(0, 1, 2, 0, 1, 2);
  }

  @Test
  void goesOnInTurnWhereEverythingIsConsumedAtOnce() {
    ServedQueue queue = service.queue(3);
    List<Integer> partitions = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      partitions.add(service.produce(queue, "a"));
      LeaseAnswer.Leased leased = service.lease(queue, 1);
      PartitionSlot slot = queue.partitions().get(leased.partition());
      queue.complete(slot, new Complete(List.of(leased.items().getFirst().id())), service.soon());
    }

    assertThat(partitions).containsExactly(0, 1, 2, 0);
  }

  @Test
  void producesWhereTheFewestWait() {
    ServedQueue queue = service.queue(3);
    service.produceInto(queue, 0, "a", "b");
    service.produceInto(queue, 1, "a");
    service.produceInto(queue, 2, "a", "b", "c");

    assertThat(service.produce(queue, "x")).isEqualTo(1);
    assertThat(service.produce(queue, "x", "y")).isEqualTo(0);
    assertThat(service.produce(queue, "x")).isEqualTo(1);
  }

  @Test
  void leasesWhereTheMostWaitButEveryEighthTimeTheOldest() {
    ServedQueue queue = service.queue(2);
    service.produceInto(queue, 1, "old");
    long gap = Micros.of(Instant.now()) + 50_000;
    Awaitility.await().until(() -> Micros.of(Instant.now()) > gap);
    String[] many = new String[20];
    Arrays.fill(many, "new");
    service.produceInto(queue, 0, many);
    List<Integer> partitions = new ArrayList<>();
    for (int i = 0; i < 9; i++) {
      partitions.add(service.lease(queue, 1).partition());
    }

    assertThat(partitions).containsExactly(0, 0, 0, 0, 0, 0, 0, 1, 0);
  }

  @Test
  void leasesFromEveryPartitionUntilAllAreEmpty() {
    ServedQueue queue = service.queue(5);
    for (int i = 0; i < 5; i++) {
      service.produceInto(queue, i, "item-" + i);
    }
    List<String> payloads = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      service.lease(queue, 10).items().forEach(item -> payloads.add(payload(item)));
    }

    assertThat(payloads)
        .containsExactlyInAnyOrder("item-0", "item-1", "item-2", "item-3", "item-4");
    assertThat(service.lease(queue, 1, Duration.ofMillis(20))).isNull();
  }

  @Test
  void givesNothingToAClientThatHasGone() {
    ServedQueue queue = service.queue(1);
    CompletableFuture<Runnable> registered = new CompletableFuture<>();
    CompletableFuture<LeaseResult> call =
        CompletableFuture.supplyAsync(
            () -> queue.lease(new Waiter("c", 1), service.soon(), registered::complete),
            Thread::startVirtualThread);

    registered.join().run();
    LeaseResult result = call.join();
    service.produce(queue, "a");

    assertThat(result).isEqualTo(new LeaseResult.Answered(new Ended(Reason.TIMEOUT)));
    assertThat(queue.waiting().leases()).isZero();
    assertThat(payload(service.lease(queue, 1).items().getFirst())).isEqualTo("a");
  }

  @Test
  void keepsAKeyedRequestAtOneHomeAcrossRepartitions() {
    ServedQueue queue = service.queue(2);
    int keys = 60;
    for (int i = 0; i < keys; i++) {
      assertThat(keyed(queue, i)).isEqualTo(new Done<>(Produced.ADDED));
    }
    for (int partitions : new int[] {5, 3, 6, 1}) {
      service.repartition(queue, partitions);
      for (int i = 0; i < keys; i++) {
        assertThat(keyed(queue, i))
            .as("key %d with %d partitions", i, partitions)
            .isEqualTo(new Done<>(Produced.REPEATED));
      }
    }
  }

  private Outcome<Produced> keyed(ServedQueue queue, int number) {
    return queue
        .produce(TestService.items(TestService.key("key-" + number), "x"), service.soon())
        .outcome();
  }

  @Test
  void drainsPartitionsBeforeItDropsThem() {
    ServedQueue queue = service.queue(4);
    for (int i = 0; i < 4; i++) {
      service.produceInto(queue, i, "item-" + i, "more-" + i);
    }
    LeaseAnswer.Leased held = service.lease(queue, 2);

    service.repartition(queue, 1);

    assertThat(queue.partitions()).hasSize(4);
    for (int i = 0; i < 5; i++) {
      assertThat(service.produce(queue, "x")).isZero();
    }
    List<String> payloads = new ArrayList<>();
    held.items().forEach(item -> payloads.add(payload(item)));
    finish(queue, held);
    while (payloads.size() < 13) {
      LeaseAnswer.Leased leased = service.lease(queue, 10);
      leased.items().forEach(item -> payloads.add(payload(item)));
      finish(queue, leased);
    }
    Awaitility.await().until(() -> queue.partitions().size() == 1);
    assertThat(payloads).contains("item-1", "more-1", "item-2", "more-2", "item-3", "more-3");
    assertThat(queue.record().partitions()).hasSize(1);
    assertThat(queue.record().requestedPartitions()).isEqualTo(1);
  }

  private void finish(ServedQueue queue, LeaseAnswer.Leased leased) {
    List<ItemId> ids = leased.items().stream().map(LeasedItem::id).toList();
    PartitionSlot slot = queue.partition(leased.partition());
    assertThat(slot).isNotNull();
    if (slot != null) {
      assertThat(queue.complete(slot, new Complete(ids), service.soon()))
          .isEqualTo(new Done<>(List.of()));
    }
  }

  @Test
  void takesADrainingPartitionBack() {
    ServedQueue queue = service.queue(2);
    service.produceInto(queue, 1, "a");
    List<PartitionSlot> before = queue.partitions();

    service.repartition(queue, 1);
    service.repartition(queue, 3);

    assertThat(queue.partitions()).hasSize(3).containsAll(before);
    assertThat(queue.partitions()).allMatch(PartitionSlot::isActive);
  }

  @Test
  void refusesNothingWhilePartitionsComeAndGo() throws Exception {
    ServedQueue queue = service.queue(3);
    int producers = 4;
    int each = 150;
    AtomicInteger leased = new AtomicInteger();
    Queue<String> seen = new ConcurrentLinkedQueue<>();
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int p = 0; p < producers; p++) {
        int producer = p;
        threads.submit(() -> {
          for (int i = 0; i < each; i++) {
            service.produce(queue, producer + "-" + i);
          }
        });
      }
      for (int c = 0; c < 3; c++) {
        threads.submit(() -> {
          while (leased.get() < producers * each) {
            LeaseAnswer.Leased got = service.lease(queue, 7, Duration.ofMillis(50));
            if (got != null) {
              got.items().forEach(item -> seen.add(payload(item)));
              leased.addAndGet(got.items().size());
              finish(queue, got);
            }
          }
        });
      }
      threads.submit(() -> {
        for (int partitions : new int[] {1, 5, 2, 4, 1, 3}) {
          service.repartition(queue, partitions);
        }
      });
    }

    assertThat(seen).hasSize(producers * each).doesNotHaveDuplicates();
  }

  @Test
  void losesNoWakeUp() throws Exception {
    ServedQueue queue = service.queue(8);
    int consumers = 300;
    int rounds = 5;
    AtomicInteger got = new AtomicInteger();
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int c = 0; c < consumers; c++) {
        threads.submit(() -> {
          for (int r = 0; r < rounds; r++) {
            LeaseAnswer.Leased leased = service.lease(queue, 1);
            got.addAndGet(leased.items().size());
          }
        });
      }
      for (int p = 0; p < 10; p++) {
        threads.submit(() -> {
          for (int i = 0; i < consumers * rounds / 10; i++) {
            service.produce(queue, "x");
          }
        });
      }
    }

    assertThat(got).hasValue(consumers * rounds);
  }

  @Test
  void dealsOneAtATimeToCallsThatWait() {
    ServedQueue queue = service.queue(1);
    List<CompletableFuture<LeaseAnswer.Leased>> calls = new ArrayList<>();
    for (int batchSize : new int[] {20, 6, 1}) {
      calls.add(
          CompletableFuture.supplyAsync(
              () -> service.lease(queue, batchSize), Thread::startVirtualThread));
      int waiting = calls.size();
      Awaitility.await().until(() -> queue.waiting().leases() == waiting);
    }
    String[] payloads = new String[23];
    Arrays.fill(payloads, "x");

    service.produce(queue, payloads);

    assertThat(calls).extracting(call -> call.join().items().size()).containsExactly(16, 6, 1);
  }

  @Test
  void letsThousandsWait() {
    ServedQueue queue = service.queue(4);
    int count = 5_000;
    AtomicInteger got = new AtomicInteger();
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int c = 0; c < count; c++) {
        threads.submit(() -> got.addAndGet(service.lease(queue, 1).items().size()));
      }
      Awaitility.await().until(() -> queue.waiting().leases() == count);
      String[] payloads = new String[1_000];
      Arrays.fill(payloads, "x");
      for (int i = 0; i < count / payloads.length; i++) {
        service.produce(queue, payloads);
      }
    }

    assertThat(got).hasValue(count);
    assertThat(queue.waiting()).isEqualTo(new ServedQueue.Waiting(0, 0, 0, 0));
  }

  @Test
  void endsWaitingCallsWhenItIsDeleted() {
    ServedQueue queue = service.queue(2);
    CompletableFuture<LeaseResult> call =
        CompletableFuture.supplyAsync(
            () -> queue.lease(new Waiter("c", 1), service.soon(), _ -> {}),
            Thread::startVirtualThread);
    Awaitility.await().until(() -> queue.waiting().leases() == 1);

    service.node.definitions().delete(queue.name(), false, service.soon());

    assertThat(call.join()).isEqualTo(new LeaseResult.Answered(new Ended(Reason.DELETED)));
    assertThat(queue.produce(TestService.items(null, "a"), service.soon()).outcome())
        .isEqualTo(new NotExecuted<>(Reason.DELETED));
    assertThat(queue.lease(new Waiter("d", 1), service.soon(), _ -> {}))
        .isEqualTo(new LeaseResult.Answered(new Ended(Reason.DELETED)));
  }

  @Test
  void refusesMoreWaitersThanAllowed() {
    ServiceSettings few =
        new ServiceSettings("n", 10, 10, 10, 1, 1_000, 1 << 20, 4, false, PartitionLimits.DEFAULT);
    try (TestService small =
        new TestService(few, List.of(TestService.memory("m", 1)), new MemoryCatalogue())
            .started()) {
      ServedQueue queue = small.queue(1);
      CompletableFuture<LeaseResult> first =
          CompletableFuture.supplyAsync(
              () -> queue.lease(new Waiter("a", 1), small.soon(), _ -> {}),
              Thread::startVirtualThread);
      Awaitility.await().until(() -> queue.waiting().leases() == 1);

      assertThat(queue.lease(new Waiter("b", 1), small.soon(), _ -> {}))
          .isEqualTo(new LeaseResult.Full());
      small.produce(queue, "x");
      assertThat(first.join()).isInstanceOf(LeaseResult.Answered.class);
    }
  }

  @Test
  void clearsEveryPartition() {
    ServedQueue queue = service.queue(3);
    for (int i = 0; i < 3; i++) {
      service.produceInto(queue, i, "a");
    }

    Placed<Boolean> cleared =
        queue.forAll(slot -> queue.call(slot, new Clear(true, false, false), service.soon()));

    assertThat(cleared.outcome()).isEqualTo(new Done<>(true));
    assertThat(service.lease(queue, 1, Duration.ofMillis(20))).isNull();
  }
}
