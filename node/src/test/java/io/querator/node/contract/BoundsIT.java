package io.querator.node.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.querator.client.Call;
import io.querator.client.message.QueueInfo;
import io.querator.client.message.QueuesDeleteRequest;
import io.querator.client.message.Reply;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/// What a node answers whose settings allow little: each bound has an answer for *full*.
class BoundsIT {
  private static TestServer server;
  private static ApiClient api;

  private final List<TestQueue> queues = new ArrayList<>();

  @BeforeAll
  static void start() {
    server =
        TestServer.start(
            "--queue-queues-max=4",
            "--queue-partitions-max=10",
            "--queue-partitions-per-queue-max=8",
            "--queue-waiters-per-queue-max=3",
            "--queue-leases-max=1000",
            "--queue-delete-needs-force=true",
            "--http-calls-max=20",
            "--http-produce-body-max=10kB");
    api = server.api();
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  @AfterEach
  void deleteQueues() {
    for (TestQueue queue : queues.reversed()) {
      api.send(
          Call.QUEUES_DELETE,
          QueuesDeleteRequest.newBuilder().setQueueName(queue.name()).setForce(true));
    }
  }

  private TestQueue queue(int partitions) {
    TestQueue queue = server.queue(info -> info.setRequestedPartitions(partitions));
    queues.add(queue);
    return queue;
  }

  private static QueueInfo.Builder definition(int partitions) {
    return QueueInfo.newBuilder()
        .setQueueName(TestServer.freshName())
        .setLeaseTimeout("1m")
        .setExpireTimeout("1h")
        .setRequestedPartitions(partitions);
  }

  private static void assertOverloaded(Reply reply) {
    assertThat(reply.getCode()).isEqualTo(454);
    assertThat(reply.getCodeText()).isEqualTo("Retry Request");
    assertThat(reply.getMessage()).isEqualTo("queue is overloaded; try again later");
    assertThat(reply.getDetailsMap()).containsOnlyKeys("outcome").containsValue("not-executed");
  }

  @Test
  void boundsQueues() {
    for (int i = 0; i < 4; i++) {
      queue(1);
    }

    Reply reply = api.refused(Call.QUEUES_CREATE, definition(1));

    assertThat(reply.getCode()).isEqualTo(400);
    assertThat(reply.getMessage()).isEqualTo("invalid queue; there are too many queues");
  }

  @Test
  void boundsPartitions() {
    TestQueue queue = queue(8);

    Reply create = api.refused(Call.QUEUES_CREATE, definition(3));
    Reply each = api.refused(Call.QUEUES_CREATE, definition(9));
    TestQueue small = queue(2);
    Reply update =
        api.refused(
            Call.QUEUES_UPDATE,
            QueueInfo.newBuilder().setQueueName(small.name()).setRequestedPartitions(3));

    assertThat(create.getMessage())
        .isEqualTo("partitions is invalid; there are too many partitions");
    assertThat(update.getMessage()).isEqualTo(create.getMessage());
    assertThat(each.getMessage()).isEqualTo("partitions is invalid; cannot be greater than 8");
    queue.produce("a");
    assertThat(queue.total()).isEqualTo(1);
  }

  @Test
  void boundsCallsThatWaitOnAQueue() {
    TestQueue queue = queue(1);
    List<CompletableFuture<Answer>> waiting = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      waiting.add(queue.leaseLater(1));
    }
    queue.awaitWaiting(3);

    assertOverloaded(queue.leaseLater(1).join().reply());

    queue.produce("a", "b", "c");
    assertThat(waiting).allMatch(answer -> answer.join().ok());
  }

  @Test
  void boundsCallsUnderWayButNotHealth() {
    List<CompletableFuture<Answer>> waiting = new ArrayList<>();
    for (int i = 0; i < 2; i++) {
      queue(1);
    }
    TestQueue free = queue(1);
    for (int i = 0; i < 6; i++) {
      waiting.add(queues.get(i / 3).leaseLater(1));
    }
    queues.subList(0, 2).forEach(queue -> queue.awaitWaiting(3));
    for (int i = 0; i < 3; i++) {
      waiting.add(free.leaseLater(1));
    }
    free.awaitWaiting(3);
    TestQueue last = queue(1);
    for (int i = 0; i < 3; i++) {
      waiting.add(last.leaseLater(1));
    }
    last.awaitWaiting(3);

    // 12 wait; of 100 more at once some find no place, all get an answer
    List<CompletableFuture<Answer>> many = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      many.add(api.later(Call.QUEUES_LIST, Call.QUEUES_LIST.request()));
    }
    for (CompletableFuture<Answer> answer : many) {
      Answer got = answer.join();
      if (!got.ok()) {
        assertOverloaded(got.reply());
      }
    }
    assertThat(api.get("/health").status()).isEqualTo(200);
    assertThat(api.get("/metrics").status()).isEqualTo(200);
    queues.forEach(queue -> queue.produce("a", "b", "c"));
    assertThat(waiting).allMatch(answer -> answer.join().ok());
  }

  @Test
  void boundsLeasedItems() {
    TestQueue queue = queue(1);
    queue.imported(0, 1500);
    List<String> first = TestQueue.ids(queue.lease(1000));

    Answer full = queue.leaseNow(1);
    queue.complete(0, first.subList(0, 10));
    List<String> more = TestQueue.ids(queue.lease(100));

    assertThat(first).hasSize(1000);
    assertThat(full.reply().getCode()).isEqualTo(454);
    assertThat(full.reply().getDetailsMap()).containsValue("not-executed");
    assertThat(more).hasSize(10);
    assertThat(queue.stats(0).getTotalLeased()).isEqualTo(1000);
  }

  @Test
  void boundsTheBodyOfAProduceAsItIsSet() {
    TestQueue queue = queue(1);

    Reply reply = api.refused(Call.QUEUE_PRODUCE, queue.produceRequest("x".repeat(10_000)));

    assertThat(reply.getCode()).isEqualTo(400);
    assertThat(reply.getMessage()).isEqualTo("request body exceeds 10.0kB limit");
    queue.produce("x".repeat(9_000));
  }

  // Force

  @Test
  void deletesByForceOnlyWhereThatIsSet() {
    TestQueue dead = queue(1);
    TestQueue queue = server.queue(info -> info.setDeadQueue(dead.name()));
    queues.add(queue);
    TestQueue empty = queue(1);
    queue.produce("a");
    QueuesDeleteRequest.Builder request =
        QueuesDeleteRequest.newBuilder().setQueueName(queue.name());

    Reply notEmpty = api.refused(Call.QUEUES_DELETE, request);
    Reply isDead = api.refused(Call.QUEUES_DELETE, request.clone().setQueueName(dead.name()));
    empty.delete();
    api.ok(Call.QUEUES_DELETE, request.setForce(true));
    dead.delete();

    assertThat(notEmpty.getMessage())
        .isEqualTo("queue cannot be deleted; '" + queue.name() + "' is not empty, use force");
    assertThat(isDead.getMessage())
        .isEqualTo(
            "queue cannot be deleted; '%s' is the dead queue of '%s', use force"
                .formatted(dead.name(), queue.name()));
    assertThat(List.of(notEmpty.getCode(), isDead.getCode())).containsOnly(400);
  }

  @Test
  void needsForceForLeasedAndScheduledItems() {
    TestQueue queue = queue(2);
    queue.produce(Times.later(TestQueue.item("a")));
    QueuesDeleteRequest.Builder request =
        QueuesDeleteRequest.newBuilder().setQueueName(queue.name());

    Reply scheduled = api.refused(Call.QUEUES_DELETE, request);
    api.ok(
        Call.QUEUE_CLEAR,
        io.querator.client.message.QueueClearRequest.newBuilder()
            .setQueueName(queue.name())
            .setScheduled(true));
    queue.produce("b");
    var leased = queue.lease(1);
    Reply underLease = api.refused(Call.QUEUES_DELETE, request);
    queue.complete(leased);

    assertThat(scheduled.getMessage()).endsWith("is not empty, use force");
    assertThat(underLease.getMessage()).endsWith("is not empty, use force");
    await().until(() -> api.send(Call.QUEUES_DELETE, request).ok());
  }
}
