package io.querator.node.metric;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.querator.client.Call;
import io.querator.client.ReplyCode;
import io.querator.node.config.MetricSettings;
import io.querator.node.metric.QueueReading.PartitionReading;
import io.querator.queue.PartitionStats;
import io.querator.queue.PartitionStats.Status;
import io.querator.storage.Micros;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class NodeMetricsTest {
  private static final Instant NOW = Instant.parse("2026-01-31T12:00:00Z");

  private final NodeMetrics metrics = new NodeMetrics("1.2.3");
  private List<QueueReading> queues = List.of();

  @AfterEach
  void close() {
    metrics.close();
  }

  @Test
  void keepsTheSummaryOfHandlersForKnownPaths() {
    metrics.calls().answered(Call.QUEUE_PRODUCE, ReplyCode.OK, 250_000_000);
    metrics.calls().answered(Call.QUEUE_PRODUCE, ReplyCode.RETRY_REQUEST, 750_000_000);

    Map<String, Double> samples = samples();

    assertThat(samples)
        .containsEntry("http_handler_duration_sum{path=\"/v1/queue.produce\"}", 1.0)
        .containsEntry("http_handler_duration_count{path=\"/v1/queue.produce\"}", 2.0)
        .containsEntry("http_handler_duration_count{path=\"/v1/queue.lease\"}", 0.0)
        .containsEntry("http_handler_answers_total{code=\"454\",path=\"/v1/queue.produce\"}", 1.0);
    assertThat(samples.get("http_handler_duration{path=\"/v1/queue.produce\",quantile=\"0.99\"}"))
        .isEqualTo(.75);
    assertThat(
            samples.keySet().stream()
                .filter(name -> name.startsWith("http_handler_duration_count")))
        .hasSize(Call.all().size());
  }

  @Test
  void measuresTurns() {
    metrics.turns().turn(100, 3_000_000, 1_000_000);

    assertThat(samples())
        .containsEntry("queue_turn_seconds_sum", .003)
        .containsEntry("queue_commit_seconds_bucket{le=\"0.001\"}", 1.0)
        .containsEntry("queue_commit_rows_bucket{le=\"50.0\"}", 0.0)
        .containsEntry("queue_commit_rows_bucket{le=\"100.0\"}", 1.0);
  }

  @Test
  void tellsTheJvmAndTheBuild() {
    metrics.gauge("http_connections", "Open connections.", () -> 7);

    assertThat(samples())
        .containsEntry("queue_build_info{version=\"1.2.3\"}", 1.0)
        .containsEntry("http_connections", 7.0)
        .containsKeys(
            "process_uptime_seconds", "process_cpu_time_ns_total", "jvm_threads_live_threads")
        .anySatisfy(
            (name, _) -> assertThat(name).startsWith("jvm_memory_used_bytes{area=\"heap\""));
  }

  @Test
  void showsEveryPartitionOfFewQueues() {
    observe(10, 10);
    String name = "odd \"name\"\n\\ü";
    queues = List.of(new QueueReading(name, 3, List.of(partition(0, 5, 40, 17))));

    Map<String, Double> samples = samples();

    String labels = "{partition=\"0\",queue=\"odd \\\"name\\\"\\n\\\\ü\"}";
    assertThat(samples)
        .containsEntry("queue_waiting_items" + labels, 5.0)
        .containsEntry("queue_leased_items" + labels, 2.0)
        .containsEntry("queue_scheduled_items" + labels, 4.0)
        .containsEntry("queue_mailbox_items" + labels, 40.0)
        .containsEntry("queue_oldest_waiting_seconds" + labels, 60.0)
        .containsEntry("queue_items_produced_total" + labels, 17.0)
        .containsEntry("queue_items_leased_total" + labels, 18.0)
        .containsEntry("queue_items_completed_total" + labels, 19.0)
        .containsEntry("queue_items_retried_total" + labels, 20.0)
        .containsEntry("queue_leases_expired_total" + labels, 21.0)
        .containsEntry("queue_items_expired_total" + labels, 22.0)
        .containsEntry("queue_items_dead_lettered_total" + labels, 23.0)
        .containsEntry("queue_lease_waiters{queue=\"odd \\\"name\\\"\\n\\\\ü\"}", 3.0)
        .containsEntry("queue_queues", 1.0)
        .containsEntry("queue_partitions{status=\"serving\"}", 1.0)
        .containsEntry("queue_partitions{status=\"failing\"}", 0.0);
  }

  @Test
  void sumsUpPartitionsOfManyAndQueuesOfVeryMany() {
    observe(2, 2);
    queues = List.of(queue("a", 2), queue("b", 1));

    assertThat(samples())
        .containsEntry("queue_waiting_items{queue=\"a\"}", 10.0)
        .containsEntry("queue_items_produced_total{queue=\"a\"}", 20.0)
        .containsEntry("queue_waiting_items{queue=\"b\"}", 5.0);

    queues = List.of(queue("a", 2), queue("b", 1), queue("c", 1));

    assertThat(samples())
        .containsEntry("queue_waiting_items", 20.0)
        .containsEntry("queue_items_produced_total", 40.0)
        .containsEntry("queue_lease_waiters", 3.0)
        .noneSatisfy((name, _) -> assertThat(name).contains("queue="));
  }

  @Test
  void neverLetsSumsGoBack() {
    observe(0, 10);
    queues =
        List.of(new QueueReading("a", 0, List.of(partition(0, 0, 0, 100), partition(1, 0, 0, 50))));
    assertThat(samples()).containsEntry("queue_items_produced_total{queue=\"a\"}", 150.0);

    // Partition 0 was opened again, partition 1 has moved away.
    queues = List.of(new QueueReading("a", 0, List.of(partition(0, 0, 0, 7))));
    assertThat(samples()).containsEntry("queue_items_produced_total{queue=\"a\"}", 157.0);

    queues =
        List.of(new QueueReading("a", 0, List.of(partition(0, 0, 0, 9), partition(1, 0, 0, 1))));
    assertThat(samples()).containsEntry("queue_items_produced_total{queue=\"a\"}", 160.0);
  }

  @Test
  void isQuickAndSmallWithTenThousandPartitions() {
    observe(1_000, 1_000);
    queues = IntStream.range(0, 100).mapToObj(i -> queue("queue-" + i, 100)).toList();
    metrics.text();

    long start = System.nanoTime();
    byte[] text = metrics.text();
    Duration taken = Duration.ofNanos(System.nanoTime() - start);

    assertThat(text).hasSizeLessThan(256 << 10);
    assertThat(taken).isLessThan(Duration.ofSeconds(1));
  }

  @Test
  void makesOnePageForAllWhoWait() throws InterruptedException {
    List<byte[]> pages = new ArrayList<>();
    AtomicInteger made = new AtomicInteger();
    CountDownLatch entered = new CountDownLatch(1);
    CountDownLatch go = new CountDownLatch(1);
    Scrapes scrapes =
        new Scrapes(() -> {
          entered.countDown();
          try {
            go.await();
          } catch (InterruptedException e) {
            throw new IllegalStateException(e);
          }
          return new byte[] {(byte) made.incrementAndGet()};
        });
    Thread first = Thread.ofVirtual().start(scrapes::get);
    entered.await();
    List<Thread> others =
        IntStream.range(0, 50)
            .mapToObj(_ ->
                Thread.ofPlatform()
                    .start(() -> {
                      byte[] page = scrapes.get();
                      synchronized (pages) {
                        pages.add(page);
                      }
                    }))
            .toList();
    await()
        .until(() -> others.stream().allMatch(thread -> thread.getState() == Thread.State.WAITING));

    go.countDown();
    first.join();
    for (Thread other : others) {
      other.join();
    }

    assertThat(made).hasValue(2);
    assertThat(pages).hasSize(50).allMatch(page -> page[0] == 2);
    assertThat(scrapes.get()[0]).isEqualTo((byte) 3);
  }

  private void observe(int partitionsMax, int queuesMax) {
    metrics.observe(() -> queues, new MetricSettings(partitionsMax, queuesMax), () -> NOW);
  }

  private Map<String, Double> samples() {
    return Exposition.parse(metrics.text()).samples();
  }

  private static QueueReading queue(String name, int partitions) {
    return new QueueReading(
        name, 1, IntStream.range(0, partitions).mapToObj(i -> partition(i, 5, 0, 10)).toList());
  }

  private static PartitionReading partition(int index, int waiting, long mailbox, long counted) {
    return new PartitionReading(
        index,
        QueueReading.Status.SERVING,
        new PartitionStats(
            Status.SERVING,
            1,
            waiting + 2,
            2,
            4,
            true,
            0,
            0,
            0,
            waiting,
            false,
            Micros.of(NOW.minusSeconds(60)),
            counted,
            counted + 1,
            counted + 2,
            counted + 3,
            counted + 4,
            counted + 5,
            counted + 6),
        mailbox);
  }
}
