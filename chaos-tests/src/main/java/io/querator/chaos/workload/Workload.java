package io.querator.chaos.workload;

import io.querator.chaos.history.Entry;
import io.querator.chaos.history.History;
import io.querator.client.Backoff;
import io.querator.client.ClientSettings;
import io.querator.client.QueratorClient;
import io.querator.client.QueratorException;
import io.querator.client.message.QueueInfo;
import io.querator.client.message.QueueLeaseResponse;
import io.querator.client.message.QueuePartitionStats;
import io.querator.client.message.QueueStatsRequest;
import io.querator.client.message.QueuesDeleteRequest;
import io.querator.client.message.StorageItem;
import io.querator.client.message.StorageItemsListRequest;
import io.querator.client.message.StorageItemsListResponse;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BiFunction;
import java.util.function.LongSupplier;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;

/// All clients of a run. It makes the same calls for the same seed, as far as the answers are the
/// same.
public final class Workload implements AutoCloseable {
  private static final int PRODUCERS = 4;
  private static final int CONSUMERS = 10;
  private static final int PROBES_PER_NODE = 2;
  private static final int PRODUCE_PAUSE_MILLIS = 150;
  private static final int BURST_PAUSE_MILLIS = 3_000;
  private static final int PAGE = 1_000;
  private static final int DRAIN_BATCH = 1_000;
  private static final String DRAIN_TIMEOUT = "500ms";
  private static final String EXPIRE_TIMEOUT = "24h";

  /// How long the last leases and calls may take to be over; many times what is needed.
  private static final Duration DRAIN = Duration.ofMinutes(1);

  private static final long LOOK_NANOS = 1_000_000_000;

  private final QueratorClient client;
  private final Run run;
  private final long seed;
  private final List<Entry.Queue> probes;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final List<Future<?>> workers = new ArrayList<>();

  /// Numbers of clients; used by one thread at a time.
  private int clients;

  /// @param nodes where calls go
  /// @param clock nanoseconds since the run began
  /// @param startedAt when that was, by the wall clock
  public Workload(
      URI nodes, int size, long seed, History history, LongSupplier clock, Instant startedAt) {
    this.seed = seed;
    probes = Queues.probes(PROBES_PER_NODE * size);
    client =
        new QueratorClient(
            ClientSettings.builder(List.of(nodes))
                .keys(false)
                .requestTimeout(Duration.ofSeconds(5))
                .callTimeout(Duration.ofSeconds(8))
                .connectTimeout(Duration.ofSeconds(2))
                .backoff(new Backoff(Duration.ofMillis(20), Duration.ofMillis(100)))
                .build());
    Caller caller = new Caller(client, clock);
    run = new Run(caller, history, clock, startedAt, new CountDownLatch(1));
  }

  /// Makes the queues.
  public void prepare() {
    for (Entry.Queue queue : Queues.worked()) {
      create(queue);
    }
    probes.forEach(this::create);
  }

  private void create(Entry.Queue queue) {
    client.createQueue(
        QueueInfo.newBuilder()
            .setQueueName(queue.name())
            .setLeaseTimeout(queue.leaseMillis() + "ms")
            .setExpireTimeout(EXPIRE_TIMEOUT)
            .setDeadQueue(queue.deadQueue())
            .setMaxAttempts(queue.maxAttempts())
            .setRequestedPartitions(queue.partitions())
            .build());
    run.history().add(queue);
  }

  @FunctionalInterface
  private interface Work {
    void work() throws InterruptedException;
  }

  /// Has all clients begin.
  public void start() {
    for (int i = 0; i < PRODUCERS; i++) {
      begin(new Producer(run, ++clients, random(clients), PRODUCE_PAUSE_MILLIS)::work);
    }
    for (int i = 0; i < CONSUMERS; i++) {
      begin(new Consumer(run, threads, ++clients, random(clients))::work);
    }
    for (Entry.Queue probe : probes) {
      begin(new Prober(run, threads, probe, ++clients)::work);
    }
    RandomGenerator random = random(++clients);
    begin(() -> bursts(random));
  }

  private RandomGenerator random(int client) {
    return RandomGeneratorFactory.of("L64X128MixRandom").create(seed * 1_000 + client);
  }

  private void begin(Work work) {
    workers.add(
        threads.submit(() -> {
          work.work();
          return null;
        }));
  }

  private void bursts(RandomGenerator random) throws InterruptedException {
    for (int i = 0; run.goesOn(); i++) {
      Entry.Queue queue = Queues.burst(i);
      try {
        create(queue);
        new Burst(run, threads, queue, Integer.MAX_VALUE / 2 + 10 * i).work(random);
        client.deleteQueue(
            QueuesDeleteRequest.newBuilder().setQueueName(queue.name()).setForce(true).build());
      } catch (QueratorException e) {
        // enough is broken that there is no queue, which others find out
        run.pause(BURST_PAUSE_MILLIS);
      }
      run.pause(BURST_PAUSE_MILLIS);
    }
  }

  /// Whether a client has come to an end, which none does before [#finish].
  public boolean hasFailed() {
    return workers.stream().anyMatch(Future::isDone);
  }

  /// Has all clients end, waits until all leases have run out, records what is there, completes all
  /// of it, and records what is there then.
  public void finish() throws InterruptedException {
    run.end().countDown();
    for (Future<?> worker : workers) {
      try {
        worker.get();
      } catch (ExecutionException e) {
        throw new IllegalStateException("a client failed", e.getCause());
      }
    }
    List<Entry.Queue> all = new ArrayList<>(Queues.worked());
    all.addAll(probes);
    recordRest(all);
    List<Future<?>> drains = new ArrayList<>();
    for (Entry.Queue queue : Queues.worked()) {
      Calls calls = new Calls(run, ++clients);
      drains.add(threads.submit(() -> drain(calls, queue)));
    }
    for (Future<?> drain : drains) {
      try {
        drain.get();
      } catch (ExecutionException e) {
        throw new IllegalStateException("the rest cannot be leased", e.getCause());
      }
    }
    recordRest(all);
  }

  private void recordRest(List<Entry.Queue> queues) throws InterruptedException {
    List<List<QueuePartitionStats>> counters = countersAtRest(queues);
    for (int i = 0; i < queues.size(); i++) {
      Entry.Queue queue = queues.get(i);
      counters.get(i).forEach(partition -> recordRest(queue, partition));
    }
  }

  /// The counters of each queue's partitions, once nothing is leased and they stand still twice in
  /// a row, or it takes too long.
  private List<List<QueuePartitionStats>> countersAtRest(List<Entry.Queue> queues)
      throws InterruptedException {
    long end = System.nanoTime() + DRAIN.toNanos();
    List<List<QueuePartitionStats>> last = List.of();
    while (true) {
      List<List<QueuePartitionStats>> now = new ArrayList<>();
      for (Entry.Queue queue : queues) {
        now.add(counters(queue));
      }
      boolean leased =
          now.stream().flatMap(List::stream).anyMatch(one -> one.getTotalLeased() != 0);
      boolean known = now.stream().flatMap(List::stream).allMatch(Workload::isCounted);
      if (!leased && known && now.equals(last)) {
        return now;
      }
      if (System.nanoTime() > end) {
        // a node whose memory is wrong never rests, which is for the checker to find
        return now;
      }
      last = now;
      LockSupport.parkNanos(LOOK_NANOS);
    }
  }

  /// Without ages, which never stand still.
  private List<QueuePartitionStats> counters(Entry.Queue queue) {
    return client
        .stats(QueueStatsRequest.newBuilder().setQueueName(queue.name()).build())
        .getLogicalQueues(0)
        .getPartitionsList()
        .stream()
        .map(one -> one.toBuilder().clearAverageAge().clearAverageLeasedAge().build())
        .toList();
  }

  private static boolean isCounted(QueuePartitionStats partition) {
    return partition.getFailures() == 0;
  }

  private void recordRest(Entry.Queue queue, QueuePartitionStats partition) {
    run.history()
        .add(
            new Entry.Rest(
                queue.name(),
                partition.getPartition(),
                isCounted(partition),
                partition.getTotal(),
                partition.getScheduled(),
                payloads(queue, partition.getPartition(), QueratorClient::listItems),
                payloads(queue, partition.getPartition(), QueratorClient::listScheduled)));
  }

  private List<String> payloads(
      Entry.Queue queue,
      int partition,
      BiFunction<QueratorClient, StorageItemsListRequest, StorageItemsListResponse> list) {
    List<String> payloads = new ArrayList<>();
    String pivot = "";
    while (true) {
      StorageItemsListRequest request =
          StorageItemsListRequest.newBuilder()
              .setQueueName(queue.name())
              .setPartition(partition)
              .setPivot(pivot)
              .setLimit(PAGE)
              .build();
      List<StorageItem> page = list.apply(client, request).getItemsList();
      // the pivot is part of the page that follows
      int from = pivot.isEmpty() ? 0 : 1;
      for (StorageItem item : page.subList(Math.min(from, page.size()), page.size())) {
        payloads.add(item.getPayload().toStringUtf8());
      }
      if (page.size() < PAGE) {
        return payloads;
      }
      pivot = page.getLast().getId();
    }
  }

  /// Leases and completes until a lease finds nothing for each partition, or it takes too long:
  /// what is completed and comes back again and again is for the checker to find.
  private void drain(Calls calls, Entry.Queue queue) {
    int empty = 0;
    long end = System.nanoTime() + DRAIN.toNanos();
    while (empty <= queue.partitions() && System.nanoTime() < end) {
      QueueLeaseResponse answer =
          calls.lease(queue, DRAIN_BATCH / queue.partitions(), DRAIN_TIMEOUT);
      if (answer == null) {
        empty++;
      } else {
        calls.complete(queue, answer.getPartition(), answer.getItemsList());
        empty = 0;
      }
    }
  }

  @Override
  public void close() {
    run.end().countDown();
    threads.shutdownNow();
    client.close();
  }
}
