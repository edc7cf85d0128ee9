package io.querator.node.service;

import io.querator.queue.Command.NewItem;
import io.querator.queue.Command.Produce;
import io.querator.queue.Command.Produced;
import io.querator.queue.Command.RequestKey;
import io.querator.queue.LeaseAnswer;
import io.querator.queue.LeasedItem;
import io.querator.queue.Outcome;
import io.querator.queue.TurnObserver;
import io.querator.queue.Waiter;
import io.querator.storage.Catalogue;
import io.querator.storage.ItemContent;
import io.querator.storage.ItemHead;
import io.querator.storage.KeyHash;
import io.querator.storage.Micros;
import io.querator.storage.memory.MemoryCatalogue;
import io.querator.storage.memory.MemoryPartitionStore;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// A service on storages in memory, with calls that tests make again and again.
final class TestService implements AutoCloseable {
  static final QueueDefinition DEFINITION =
      new QueueDefinition("", "", Duration.ofMinutes(1), Duration.ofHours(1), 0, 1);

  final NodeService node;

  TestService() {
    this(List.of(memory("default", 1)), new MemoryCatalogue());
  }

  TestService(List<Storage> storages, Catalogue catalogue) {
    this(ServiceSettings.DEFAULT, storages, catalogue);
  }

  TestService(ServiceSettings settings, List<Storage> storages, Catalogue catalogue) {
    this(settings, storages, catalogue, new SteadyClock(InstantSource.system()));
  }

  TestService(
      ServiceSettings settings, List<Storage> storages, Catalogue catalogue, InstantSource clock) {
    node =
        new NodeService(
            settings, storages, catalogue, clock, TurnObserver.NONE, Duration.ofMillis(100));
  }

  static Storage memory(String name, double affinity) {
    return new Storage(name, new MemoryPartitionStore(InstantSource.system()), affinity);
  }

  TestService started() {
    node.start().orTimeout(10, TimeUnit.SECONDS).join();
    return this;
  }

  long soon() {
    return Micros.of(node.clock().instant().plusSeconds(10));
  }

  static QueueDefinition partitions(int count) {
    return with(DEFINITION, "", count);
  }

  static QueueDefinition with(QueueDefinition base, String deadQueue, int partitions) {
    return new QueueDefinition(
        deadQueue,
        base.reference(),
        base.leaseTimeout(),
        base.expireTimeout(),
        base.maxAttempts(),
        partitions);
  }

  DefinitionResult create(String name, QueueDefinition definition) {
    return node.definitions().create(name, "_system", definition, soon());
  }

  ServedQueue queue(int partitions) {
    String name = "queue-" + UUID.randomUUID();
    create(name, partitions(partitions));
    return find(name);
  }

  ServedQueue find(String name) {
    ServedQueue queue = node.queues().find(name);
    if (queue == null) {
      throw new AssertionError("no queue " + name);
    }
    return queue;
  }

  void repartition(ServedQueue queue, int partitions) {
    node.definitions()
        .update(queue.name(), before -> with(before, before.deadQueue(), partitions), soon());
  }

  static Produce items(@Nullable RequestKey key, String... payloads) {
    List<NewItem> items =
        Arrays.stream(payloads)
            .map(payload -> new NewItem(content(payload), ItemHead.READY))
            .toList();
    return new Produce(items, Micros.of(Instant.now()), key);
  }

  static ItemContent content(String payload) {
    return new ItemContent("", "", "", payload.getBytes(StandardCharsets.UTF_8));
  }

  static RequestKey key(String key) {
    return new RequestKey(KeyHash.of('i', key), KeyHash.of('i', "request"));
  }

  /// @return the number of the partition
  int produce(ServedQueue queue, String... payloads) {
    Placed<Produced> placed = queue.produce(items(null, payloads), soon());
    if (!placed.outcome().equals(new Outcome.Done<>(Produced.ADDED))) {
      throw new AssertionError("not produced: " + placed);
    }
    return placed.partition();
  }

  void produceInto(ServedQueue queue, int partition, String... payloads) {
    PartitionSlot slot = queue.partition(partition);
    if (slot == null
        || !(slot.call(items(null, payloads), soon()) instanceof Outcome.Done<Produced>)) {
      throw new AssertionError("not produced into " + partition);
    }
  }

  /// @return the answer, or null if there was none for a while
  LeaseAnswer.@Nullable Leased lease(ServedQueue queue, int max, Duration timeout) {
    Waiter waiter = new Waiter(UUID.randomUUID().toString(), max);
    long deadline = Micros.of(node.clock().instant().plus(timeout));
    LeaseResult result = queue.lease(waiter, deadline, _ -> {});
    return result instanceof LeaseResult.Answered(LeaseAnswer.Leased leased) ? leased : null;
  }

  LeaseAnswer.Leased lease(ServedQueue queue, int max) {
    LeaseAnswer.Leased leased = lease(queue, max, Duration.ofSeconds(10));
    if (leased == null) {
      throw new AssertionError("nothing leased from " + queue.name());
    }
    return leased;
  }

  static String payload(LeasedItem item) {
    return new String(item.content().payload(), StandardCharsets.UTF_8);
  }

  @Override
  public void close() {
    node.close();
  }
}
