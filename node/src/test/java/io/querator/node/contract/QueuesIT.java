package io.querator.node.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.querator.client.Call;
import io.querator.client.message.PartitionInfo;
import io.querator.client.message.QueueInfo;
import io.querator.client.message.QueuesDeleteRequest;
import io.querator.client.message.QueuesListRequest;
import io.querator.client.message.QueuesListResponse;
import io.querator.client.message.Reply;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/// Section 7 of the contract: create, update, delete, list and info.
@ExtendWith(SharedServer.class)
class QueuesIT {
  private final TestServer server;
  private final ApiClient api;

  QueuesIT(TestServer server) {
    this.server = server;
    api = server.api();
  }

  @Test
  void describesAQueueAsItWasCreated() {
    TestQueue dead = server.queue();
    Instant before = Instant.now();
    TestQueue queue =
        server.queue(info ->
            info.setDeadQueue(dead.name())
                .setReference("ré\n")
                .setLeaseTimeout("90s")
                .setExpireTimeout("36h")
                .setMaxAttempts(7)
                .setRequestedPartitions(3)
                .setCreatedAt(Times.ZERO)
                .setUpdatedAt(Times.ZERO)
                .addPartitions(PartitionInfo.newBuilder().setPartition(9)));

    QueueInfo info = queue.info();

    assertThat(info.toBuilder().clearCreatedAt().clearUpdatedAt().build())
        .isEqualTo(
            QueueInfo.newBuilder()
                .setQueueName(queue.name())
                .setDeadQueue(dead.name())
                .setReference("ré\n")
                .setLeaseTimeout("1m30s")
                .setExpireTimeout("36h0m0s")
                .setMaxAttempts(7)
                .setRequestedPartitions(3)
                .addPartitions(PartitionInfo.newBuilder().setPartition(0))
                .addPartitions(PartitionInfo.newBuilder().setPartition(1))
                .addPartitions(PartitionInfo.newBuilder().setPartition(2))
                .setNamespace("_system")
                .build());
    assertThat(Times.instant(info.getCreatedAt()))
        .isBetween(before.minusMillis(5), Instant.now().plusMillis(5));
    assertThat(info.getUpdatedAt()).isEqualTo(info.getCreatedAt());
  }

  @Test
  void writesPartitionZeroAsAnEmptyObject() {
    TestQueue queue = server.queue();

    Answer answer = api.json(Call.QUEUES_INFO.path(), "{'queue_name':'" + queue.name() + "'}");

    assertThat(answer.text())
        .matches(
            "\\{\"queue_name\":\"[^\"]+\",\"created_at\":\"[^\"]+Z\",\"updated_at\":\"[^\"]+Z\","
                + "\"lease_timeout\":\"1m0s\",\"expire_timeout\":\"24h0m0s\","
                + "\"requested_partitions\":1,\"partitions\":\\[\\{\\}\\],\"namespace\":\"_system\"\\}");
  }

  @Test
  void takesOneOfManyCreatesAtOnce() {
    String name = TestServer.freshName();
    QueueInfo.Builder info =
        QueueInfo.newBuilder()
            .setQueueName(name)
            .setLeaseTimeout("1m")
            .setExpireTimeout("1h")
            .setRequestedPartitions(2);
    List<CompletableFuture<Answer>> answers = new ArrayList<>();
    for (int i = 0; i < 10; i++) {
      answers.add(api.later(Call.QUEUES_CREATE, info));
    }

    List<Reply> replies = answers.stream().map(answer -> answer.join().reply()).toList();

    assertThat(replies).filteredOn(reply -> reply.getCode() == 200).hasSize(1);
    assertThat(replies)
        .filteredOn(reply -> reply.getCode() != 200)
        .allMatch(reply ->
            reply.getCode() == 400
                && reply.getMessage().equals("invalid queue; '" + name + "' already exists"));
  }

  @Test
  void canBeUsedAsSoonAsItIsCreated() {
    for (int i = 0; i < 5; i++) {
      TestQueue queue = server.queue(info -> info.setRequestedPartitions(10));

      queue.produce("a");

      assertThat(TestQueue.payloads(queue.lease(1))).containsExactly("a");
      assertThat(queue.stats().getPartitionsList()).allMatch(stats -> stats.getFailures() == 0);
    }
  }

  // Update

  @Test
  void changesOnlyTheTimesThatAreGivenButAlwaysTheRest() {
    TestQueue dead = server.queue();
    TestQueue queue =
        server.queue(info -> info.setDeadQueue(dead.name()).setReference("r").setMaxAttempts(7));
    QueueInfo before = queue.info();

    QueueInfo.Builder nothing = QueueInfo.newBuilder().setQueueName(queue.name());
    api.ok(Call.QUEUES_UPDATE, nothing);
    QueueInfo cleared = queue.info();
    api.ok(
        Call.QUEUES_UPDATE,
        nothing
            .clone()
            .setLeaseTimeout("2m")
            .setExpireTimeout("0")
            .setMaxAttempts(3)
            .setReference("s")
            .setDeadQueue(dead.name())
            .setNamespace("other")
            .setCreatedAt(Times.ZERO));
    QueueInfo changed = queue.info();

    assertThat(cleared.toBuilder().clearUpdatedAt().build())
        .isEqualTo(
            before.toBuilder()
                .clearUpdatedAt()
                .clearDeadQueue()
                .clearReference()
                .clearMaxAttempts()
                .build());
    assertThat(changed.toBuilder().clearUpdatedAt().build())
        .isEqualTo(
            before.toBuilder()
                .clearUpdatedAt()
                .setLeaseTimeout("2m0s")
                .setReference("s")
                .setMaxAttempts(3)
                .build());
    assertThat(Times.instant(cleared.getUpdatedAt()))
        .isAfter(Times.instant(before.getUpdatedAt()))
        .isBefore(Instant.now().plusMillis(5));
    assertThat(Times.instant(changed.getUpdatedAt()))
        .isAfter(Times.instant(cleared.getUpdatedAt()));
  }

  @Test
  void checksAnUpdateAgainstWhatIsThere() {
    TestQueue queue = server.queue(info -> info.setLeaseTimeout("1m").setExpireTimeout("1h"));
    QueueInfo.Builder update = QueueInfo.newBuilder().setQueueName(queue.name());

    Reply lease = api.refused(Call.QUEUES_UPDATE, update.clone().setLeaseTimeout("61m"));
    Reply expire = api.refused(Call.QUEUES_UPDATE, update.clone().setExpireTimeout("59s"));

    assertThat(lease.getMessage())
        .isEqualTo(
            "lease timeout is too long; 1h1m0s cannot be greater than the expire timeout 1h0m0s");
    assertThat(expire.getMessage())
        .isEqualTo("lease timeout is too long; 1m0s cannot be greater than the expire timeout 59s");
    assertThat(queue.info().getUpdatedAt()).isEqualTo(queue.info().getCreatedAt());
  }

  @Test
  void appliesAnUpdateToNewLeasesAndItems() {
    TestQueue queue = server.queue();
    queue.produce("a", "b");
    Instant first = Times.instant(queue.leaseOne().getLeaseDeadline());

    queue.update(info -> info.setLeaseTimeout("10m").setExpireTimeout("48h"));
    queue.produce("c");

    assertThat(Times.instant(queue.leaseOne().getLeaseDeadline()))
        .isAfter(first.plus(Duration.ofMinutes(8)));
    var items = queue.items();
    assertThat(
            Duration.between(
                Times.instant(items.get(0).getCreatedAt()),
                Times.instant(items.get(0).getExpireDeadline())))
        .hasHours(24);
    assertThat(
            Duration.between(
                Times.instant(items.get(2).getCreatedAt()),
                Times.instant(items.get(2).getExpireDeadline())))
        .hasHours(48);
  }

  @Test
  void letsAQueueKeepItsDeadQueue() {
    TestQueue dead = server.queue();
    TestQueue queue = server.queue(info -> info.setDeadQueue(dead.name()));

    queue.update(info -> info.setMaxAttempts(2));

    assertThat(queue.info().getDeadQueue()).isEqualTo(dead.name());
  }

  // Delete

  @Test
  void deletesAQueueWithEverythingInIt() {
    TestQueue queue = server.queue(info -> info.setRequestedPartitions(3));
    for (int i = 0; i < 3; i++) {
      queue.produce("queued", "leased");
    }
    queue.lease(1);
    queue.produce(Times.later(TestQueue.item("scheduled")));

    queue.delete();
    Reply gone = api.refused(Call.QUEUE_PRODUCE, queue.produceRequest("a"));
    Reply again =
        api.refused(
            Call.QUEUES_DELETE, QueuesDeleteRequest.newBuilder().setQueueName(queue.name()));
    queue.create(info -> info.setRequestedPartitions(2));

    assertThat(gone.getMessage())
        .isEqualTo("queue does not exist; no such queue named '" + queue.name() + "'");
    assertThat(again.getMessage()).isEqualTo(gone.getMessage());
    assertThat(queue.total()).isZero();
    assertThat(queue.stats().getPartitionsList()).hasSize(2);
    assertThat(queue.items()).isEmpty();
    assertThat(queue.scheduled()).isEmpty();
    assertThat(queue.isEmpty()).isTrue();
    queue.produce("new");
    assertThat(TestQueue.payloads(queue.lease(10))).containsExactly("new");
  }

  @Test
  void takesNoIdOfAQueueThatHadTheName() {
    TestQueue queue = server.queue();
    queue.produce("a");
    String id = queue.leaseOne().getId();
    queue.delete();
    queue.create(info -> info);
    queue.produce("b");
    queue.leaseOne();

    assertThat(queue.complete(id).reply().getMessage())
        .isEqualTo("invalid storage id; '" + id + "' does not exist");
    assertThat(queue.total()).isEqualTo(1);
  }

  @Test
  void tellsAllCallsThatWaitThatTheQueueIsDeleted() {
    TestQueue queue = server.queue(info -> info.setRequestedPartitions(3));
    List<CompletableFuture<Answer>> waiting =
        IntStream.range(0, 30).mapToObj(_ -> queue.leaseLater(5)).toList();
    queue.awaitWaiting(30);

    queue.delete();

    assertThat(waiting.stream().map(answer -> answer.join().reply()))
        .allMatch(reply -> reply.getCode() == 453)
        .allMatch(reply -> reply.getMessage().equals("queue is shutting down"));
  }

  @Test
  void deletesADeadQueueOfAnotherWithoutForce() {
    TestQueue dead = server.queue();
    TestQueue queue = server.queue(info -> info.setDeadQueue(dead.name()));
    dead.produce("a");

    dead.delete();

    assertThat(queue.info().getDeadQueue()).isEqualTo(dead.name());
    queue.produce("a");
    assertThat(queue.lease(1).getItemsList()).hasSize(1);
  }

  /// Only who asks for what goes beyond the published API needs force.
  @Test
  void keepsQueuesInUseFromThoseWhoOptedIn() {
    TestQueue dead = server.queue();
    TestQueue queue = server.queue(info -> info.setDeadQueue(dead.name()));
    dead.produce("a");
    QueuesDeleteRequest request =
        QueuesDeleteRequest.newBuilder().setQueueName(dead.name()).build();
    String all = "application/json;fields=all";

    Answer notEmpty = api.send(Call.QUEUES_DELETE, request, Encoding.any(), all);
    dead.complete(dead.lease(1));
    Answer isDead = api.send(Call.QUEUES_DELETE, request, Encoding.any(), all);
    boolean kept = dead.info().getQueueName().equals(dead.name());
    dead.produce("b");
    Answer published =
        api.send(Call.QUEUES_DELETE, request, Encoding.PROTOBUF, "application/protobuf");
    queue.produce("c");
    Answer forced =
        api.send(
            Call.QUEUES_DELETE,
            request.toBuilder().setQueueName(queue.name()).setForce(true),
            Encoding.any(),
            all);

    assertThat(notEmpty.reply().getMessage())
        .isEqualTo("queue cannot be deleted; '" + dead.name() + "' is not empty, use force");
    assertThat(isDead.reply().getMessage())
        .isEqualTo(
            "queue cannot be deleted; '%s' is the dead queue of '%s', use force"
                .formatted(dead.name(), queue.name()));
    assertThat(kept).isTrue();
    assertThat(published.status()).isEqualTo(200);
    assertThat(forced.status()).isEqualTo(200);
  }

  @Test
  void createsAndDeletesManyAtOnce() {
    List<CompletableFuture<Void>> all = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      all.add(
          CompletableFuture.runAsync(
              () -> {
                for (int k = 0; k < 5; k++) {
                  TestQueue queue = server.queue(info -> info.setRequestedPartitions(2));
                  queue.produce("a");
                  assertThat(queue.lease(1).getItemsList()).hasSize(1);
                  queue.delete();
                }
              },
              Thread.ofVirtual()::start));
    }

    CompletableFuture.allOf(all.toArray(CompletableFuture[]::new)).join();
  }

  // List

  private List<String> list(QueuesListRequest.Builder request) {
    QueuesListResponse answer = api.ok(Call.QUEUES_LIST, request);
    return answer.getItemsList().stream().map(QueueInfo::getQueueName).toList();
  }

  @Test
  void listsQueuesByName() {
    String prefix = TestServer.freshName();
    List<String> names = IntStream.of(3, 1, 0, 2).mapToObj(i -> prefix + "-" + i).sorted().toList();
    names.reversed().forEach(name -> server.queue(info -> info, name));

    assertThat(list(QueuesListRequest.newBuilder().setPivot(prefix).setLimit(4)))
        .containsExactlyElementsOf(names);
    assertThat(list(QueuesListRequest.newBuilder().setPivot(prefix + "-1").setLimit(2)))
        .containsExactlyElementsOf(names.subList(1, 3));
    assertThat(list(QueuesListRequest.newBuilder().setPivot(prefix + "-1x").setLimit(1)))
        .containsExactly(names.get(2));
    assertThat(list(QueuesListRequest.newBuilder().setPivot("\uffff\uffff"))).isEmpty();
    assertThat(list(QueuesListRequest.newBuilder().setLimit(65_536)))
        .containsSubsequence(names)
        .doesNotHaveDuplicates();
    assertThat(list(QueuesListRequest.newBuilder().setPivot(" \u0085").setLimit(1)))
        .isEqualTo(list(QueuesListRequest.newBuilder().setLimit(1)));
  }

  @Test
  void listsAsInfoDescribes() {
    TestQueue queue = server.queue(info -> info.setRequestedPartitions(2).setReference("x"));

    QueuesListResponse answer =
        api.ok(Call.QUEUES_LIST, QueuesListRequest.newBuilder().setPivot(queue.name()).setLimit(1));

    assertThat(answer.getItemsList()).containsExactly(queue.info());
  }

  @Test
  void listsByNamespace() {
    TestQueue queue = server.queue(info -> info.setNamespace("_system"));
    QueuesListRequest.Builder request =
        QueuesListRequest.newBuilder().setPivot(queue.name()).setLimit(1);

    assertThat(list(request.clone().setNamespace("_system"))).containsExactly(queue.name());
    assertThat(list(request.clone())).containsExactly(queue.name());
    assertThat(list(request.clone().setNamespace("other"))).isEmpty();
    assertThat(list(request.clone().setNamespace("no syntax ~:"))).isEmpty();
  }

  @Test
  void showsChangesAtOnce() {
    TestQueue queue = server.queue();
    for (int i = 1; i <= 10; i++) {
      String reference = "version " + i;
      queue.update(info -> info.setReference(reference));
      assertThat(queue.info().getReference()).isEqualTo(reference);
    }
    queue.delete();
    await()
        .until(() ->
            !list(QueuesListRequest.newBuilder().setPivot(queue.name()).setLimit(1))
                .contains(queue.name()));
  }
}
