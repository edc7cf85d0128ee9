package io.querator.node.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import io.querator.client.Call;
import io.querator.client.ReplyCode;
import io.querator.client.message.ClusterNodeRequest;
import io.querator.client.message.PartitionsMoveRequest;
import io.querator.client.message.QueueInfo;
import io.querator.client.message.QueueLeaseItem;
import io.querator.client.message.QueueLeaseRequest;
import io.querator.client.message.QueueLeaseResponse;
import io.querator.client.message.QueueProduceRequest;
import io.querator.client.message.QueuesInfoRequest;
import io.querator.cluster.NodeId;
import io.querator.node.http.RequestBody;
import io.querator.node.peer.PeerClient;
import io.querator.node.peer.PeerClient.PassedAnswer;
import io.querator.node.peer.PeerClient.PassedCall;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/// What holds for queues over three nodes as processes while none of them dies.
class SeveralNodesIT {
  private static final List<String> NODES = List.of("a", "b", "c");
  private static final int PARTITIONS = 6;
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  @AutoClose private static TestCluster cluster;

  @BeforeAll
  static void start() throws IOException {
    cluster = new TestCluster();
  }

  private static TestQueue queue(String node) {
    return TestQueue.create(
        cluster.api(node), TestServer.freshName(), info -> info.setRequestedPartitions(PARTITIONS));
  }

  private static TestQueue on(String node, TestQueue queue) {
    return new TestQueue(cluster.api(node), queue.name());
  }

  private static int ready(String node) {
    return cluster.api(node).get("/health/ready").status();
  }

  private static JsonNode node(String name) {
    return StreamSupport.stream(cluster.page("c").path("nodes").spliterator(), false)
        .filter(one -> one.path("name").asText().equals(name))
        .findFirst()
        .orElse(MissingNode.getInstance());
  }

  private static int owned(String name) {
    return node(name).path("partitions").asInt();
  }

  // Draining

  @Test
  void drainsANodeWhichGoesOnServing() {
    TestQueue queue = queue("b");
    var request = ClusterNodeRequest.newBuilder().setNode("b");

    cluster.api("c").ok(Call.CLUSTER_DRAIN, request);

    await().atMost(PATIENCE).until(() -> owned("b") == 0);
    assertThat(node("b").path("state").asText()).isEqualTo("draining");
    await().atMost(PATIENCE).until(() -> ready("b") == 503);
    on("b", queue).produce("through a node that is drained");
    assertThat(on("b", queue).lease(1).getItemsCount()).isEqualTo(1);

    cluster.api("a").ok(Call.CLUSTER_UNDRAIN, request);
    await().atMost(PATIENCE).until(() -> ready("b") == 200);
    await().atMost(PATIENCE).until(() -> owned("b") > 0);
  }

  @Test
  void drainsNoNodeThatIsNotThere() {
    for (Call<ClusterNodeRequest, ?> call : List.of(Call.CLUSTER_DRAIN, Call.CLUSTER_UNDRAIN)) {
      assertThat(
              cluster
                  .api()
                  .refused(call, ClusterNodeRequest.newBuilder().setNode("x"))
                  .getMessage())
          .isEqualTo("node does not exist; no such node named 'x'");
      assertThat(cluster.api().refused(call, ClusterNodeRequest.newBuilder()).getMessage())
          .isEqualTo("node is invalid; node cannot be empty");
    }
  }

  @Test
  void servesUntilLoadBalancersHaveNoticedThatItLeaves() throws IOException, InterruptedException {
    TestQueue queue = queue("a");
    cluster.start("d", "--cluster-drain-delay=5m").takeOut("d");
    await().atMost(PATIENCE).until(() -> owned("d") > 0);

    cluster.node("d").signal("TERM");

    await().atMost(PATIENCE).until(() -> ready("d") == 503);
    await().atMost(PATIENCE).until(() -> owned("d") == 0);
    on("d", queue).produce("late");
    assertThat(on("d", queue).lease(1).getItemsCount()).isEqualTo(1);
    cluster.stop("d", "KILL");
  }

  @Test
  void knowsAQueueThatWasMadeWhileItHung() throws IOException, InterruptedException {
    startAside("d");
    cluster.node("d").signal("STOP");
    TestQueue queue = queue("a");
    cluster.node("d").signal("CONT");

    on("d", queue).produce("through a node that has not heard of it");

    assertThat(on("a", queue).lease(1).getItemsCount()).isEqualTo(1);
    cluster.stop("d", "KILL");
  }

  @Test
  void letsAClientWaitOnAnotherNodeAtOnceWhenItsOwnDies() throws IOException, InterruptedException {
    startAside("d");
    TestQueue queue = queueNotKeptBy("d");
    QueueLeaseRequest.Builder request = queue.leaseRequest(1, "1m");
    CompletableFuture<Answer> cut = waitOn("d", queue, request);
    awaitRefused("b", request);

    cluster.stop("d", "KILL");

    CompletableFuture<Answer> waiting = waitOn("b", queue, request);
    awaitRefused("c", request);
    on("a", queue).produce("for who comes again");
    assertThat(waiting.join().status()).isEqualTo(200);
    assertThat(cut).isCompletedExceptionally();
  }

  @Test
  void letsAClientWaitOnceWhenItsNodeWasThoughtDead() throws IOException, InterruptedException {
    startAside("d");
    TestQueue queue = queueNotKeptBy("d");
    QueueLeaseRequest.Builder request = queue.leaseRequest(1, "5m");
    CompletableFuture<Answer> waiting = waitOn("d", queue, request);
    cluster.node("d").signal("STOP");
    await().atMost(PATIENCE).until(() -> node("d").isMissingNode());
    // whoever asks now is not refused, and d is not known to wait any more
    await().atMost(PATIENCE).until(() -> briefly("b", request).status() == 454);

    cluster.node("d").signal("CONT");

    awaitRefused("b", request);
    assertThat(waiting).isNotDone();
    cluster.stop("d", "KILL");
  }

  /// A further node, which is called by its name only.
  private static void startAside(String node) throws IOException {
    cluster.start(node).takeOut(node);
    await().atMost(PATIENCE).until(() -> ready(node) == 200);
  }

  /// A queue whose list of waiting clients is not lost with a node.
  private static TestQueue queueNotKeptBy(String node) {
    while (true) {
      TestQueue queue = queue("a");
      await().atMost(PATIENCE).until(() -> cluster.owners(queue).containsKey(0));
      if (!node.equals(cluster.owners(queue).get(0))) {
        return queue;
      }
    }
  }

  private static void awaitRefused(String node, QueueLeaseRequest.Builder request) {
    await().atMost(PATIENCE).until(() -> briefly(node, request).status() == 400);
  }

  private static Answer briefly(String node, QueueLeaseRequest.Builder request) {
    return cluster.api(node).send(Call.QUEUE_LEASE, request.clone().setRequestTimeout("1s"));
  }

  private static CompletableFuture<Answer> waitOn(
      String node, TestQueue queue, QueueLeaseRequest.Builder request) {
    CompletableFuture<Answer> call = cluster.api(node).later(Call.QUEUE_LEASE, request);
    await().atMost(PATIENCE).until(() -> call.isDone() || queue.stats().getLeaseWaiting() == 1);
    return call;
  }

  // Versions

  @Test
  void doesWhatAllOfItsNodesCan() throws IOException, InterruptedException {
    TestQueue queue = queue("a");
    cluster.startOfLevel("e", 1).takeOut("e");

    await().atMost(PATIENCE).until(() -> node("e").path("feature_level").asInt() == 1);
    assertThat(cluster.page("e").path("feature_level").asInt()).isEqualTo(1);
    assertThat(cluster.page("a").path("feature_level").asInt()).isEqualTo(1);
    PartitionsMoveRequest.Builder move =
        PartitionsMoveRequest.newBuilder().setQueueName(queue.name()).setStorage("default");
    assertThat(cluster.api("a").refused(Call.PARTITIONS_MOVE, move).getMessage())
        .isEqualTo("partitions cannot be moved; a node of the cluster is too old");
    on("e", queue).produce("through the older node");
    assertThat(on("a", queue).lease(1).getItemsCount()).isEqualTo(1);
    assertThat(cluster.stop("e", "TERM")).isZero();
  }

  // Queues

  @Test
  void knowsOnEachNodeWhatAnotherHasChanged() {
    TestQueue made = queue("a");

    on("b", made).produce("at once");
    assertThat(on("c", made).lease(1).getItemsCount()).isEqualTo(1);

    on("b", made).update(info -> info.setMaxAttempts(7));
    for (String node : NODES) {
      assertThat(on(node, made).info().getMaxAttempts()).as(node).isEqualTo(7);
    }
    on("c", made).delete();
    for (String node : NODES) {
      var request = QueuesInfoRequest.newBuilder().setQueueName(made.name());
      assertThat(cluster.api(node).refused(Call.QUEUES_INFO, request).getMessage())
          .isEqualTo("queue does not exist; no such queue named '" + made.name() + "'");
    }
  }

  @Test
  void countsOverAllNodes() {
    TestQueue queue = queue("a");
    for (String node : NODES) {
      on(node, queue).produceKinds(5);
    }

    for (String node : NODES) {
      assertThat(on(node, queue).total()).as(node).isEqualTo(15);
    }
  }

  @Test
  void movesNothingThatNeedNotMoveWhenPartitionsAreAdded() {
    TestQueue queue = queue("a");
    await().atMost(PATIENCE).until(() -> cluster.owners(queue).size() == PARTITIONS);
    Map<Integer, String> before = cluster.owners(queue);

    queue.update(info -> info.setRequestedPartitions(PARTITIONS + 3));

    await().atMost(PATIENCE).until(() -> cluster.owners(queue).size() == PARTITIONS + 3);
    assertThat(cluster.owners(queue)).containsAllEntriesOf(before);
  }

  @Test
  void addsItemsOnceWhicheverNodeIsAskedAgain() {
    TestQueue queue = queue("a");
    List<QueueProduceRequest.Builder> requests = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      requests.add(queue.produceRequest("item " + i).setIdempotencyKey("key " + i));
      on(NODES.get(i % 3), queue).produce(requests.get(i));
    }

    repeat(queue, requests);
    assertThat(queue.total()).isEqualTo(20);

    queue.update(info -> info.setRequestedPartitions(PARTITIONS + 3));
    repeat(queue, requests);
    assertThat(queue.total()).isEqualTo(20);

    queue.update(info -> info.setRequestedPartitions(2));
    repeat(queue, requests);
    assertThat(queue.total()).isEqualTo(20);
  }

  private static void repeat(TestQueue queue, List<QueueProduceRequest.Builder> requests) {
    for (String node : NODES) {
      requests.forEach(on(node, queue)::produce);
    }
  }

  @Test
  void letsAClientWaitOnceOverAllNodes() {
    TestQueue queue = queue("a");
    QueueLeaseRequest.Builder request = queue.leaseRequest(1, "1m");
    CompletableFuture<Answer> waiting = cluster.api("b").later(Call.QUEUE_LEASE, request);
    await().atMost(PATIENCE).until(() -> queue.stats().getLeaseWaiting() == 1);

    for (String node : NODES) {
      assertThat(cluster.api(node).refused(Call.QUEUE_LEASE, request).getMessage())
          .isEqualTo(
              "duplicate client id; a client cannot make multiple leased requests to the same queue");
    }

    queue.produce("for who waits");
    assertThat(waiting.join().status()).isEqualTo(200);
  }

  @Test
  void losesNothingOfAClientThatHangsUpWhileItWaits() {
    TestQueue queue = queue("a");
    for (int i = 0; i < 10; i++) {
      CompletableFuture<Answer> waiting =
          cluster.api("b").later(Call.QUEUE_LEASE, queue.leaseRequest(1, "1m"));
      await().atMost(PATIENCE).until(() -> queue.stats().getLeaseWaiting() == 1);

      waiting.cancel(true);
      on(NODES.get(i % 3), queue).produce("item " + i);

      await().atMost(PATIENCE).until(() -> queue.stats().getLeaseWaiting() == 0);
      QueueLeaseResponse leased = on("c", queue).lease(1);
      assertThat(TestQueue.payloads(leased)).containsExactly("item " + i);
      on("a", queue).complete(leased);
    }
  }

  /// Consumers on one node only, whose own partitions never run dry.
  @Test
  void starvesNoPartition() {
    TestQueue queue = queue("a");
    await().atMost(PATIENCE).until(() -> cluster.owners(queue).size() == PARTITIONS);
    for (String node : NODES) {
      for (int i = 0; i < PARTITIONS; i++) {
        on(node, queue).produce("old");
      }
    }
    int old = NODES.size() * PARTITIONS;

    int leases = 0;
    while (old > 0) {
      on("a", queue).produce("new");
      QueueLeaseResponse leased = on("a", queue).lease(1);
      for (QueueLeaseItem item : leased.getItemsList()) {
        old -= item.getBytes().toStringUtf8().equals("old") ? 1 : 0;
      }
      on("a", queue).complete(leased);
      leases++;
      assertThat(leases).isLessThan(1_000);
    }
  }

  @Test
  void givesAnItemToWhoeverWaitsOnAnyNode() {
    TestQueue queue = TestQueue.create(cluster.api(), TestServer.freshName(), info -> info);
    for (int i = 0; i < 9; i++) {
      // the partition is on one of them
      CompletableFuture<Answer> waiting =
          cluster.api(NODES.get(i % 3)).later(Call.QUEUE_LEASE, queue.leaseRequest(1, "1m"));
      await().atMost(PATIENCE).until(() -> queue.stats().getLeaseWaiting() == 1);

      on(NODES.get((i + i / 3) % 3), queue).produce("item " + i);

      assertThat(waiting.join().status()).isEqualTo(200);
    }
  }

  @Test
  void lendsAnItemToOneOfMany() {
    TestQueue queue = queue("a");
    List<CompletableFuture<Answer>> waiting = new ArrayList<>();
    for (int i = 0; i < 30; i++) {
      waiting.add(
          cluster.api(NODES.get(i % 3)).later(Call.QUEUE_LEASE, queue.leaseRequest(1, "1m")));
    }
    await().atMost(PATIENCE).until(() -> queue.stats().getLeaseWaiting() == 30);

    for (int i = 0; i < 30; i++) {
      on(NODES.get(i % 2), queue).produce("item " + i);
    }

    List<String> payloads = new ArrayList<>();
    for (CompletableFuture<Answer> answer : waiting) {
      payloads.addAll(
          TestQueue.payloads(
              answer
                  .orTimeout(PATIENCE.toSeconds(), TimeUnit.SECONDS)
                  .join()
                  .as(QueueLeaseResponse.getDefaultInstance())));
    }
    assertThat(payloads).hasSize(30).doesNotHaveDuplicates();
  }

  // Between nodes

  @Test
  void servesNobodyElseOnThePortBetweenNodes() {
    URI peer = cluster.peer("a");
    try (ApiClient outside = new ApiClient(() -> peer)) {
      for (Call<?, ?> call : Call.all()) {
        assertThat(outside.json(call.path(), "{}", "Content-Type", "application/json").status())
            .as(call.path())
            .isEqualTo(401);
      }
      assertThat(outside.json("/peer/cluster/command", "", "Querator-Peer", "1 a 0 - 1 AA AA"))
          .extracting(Answer::status)
          .isEqualTo(401);
    }
  }

  @Test
  void takesNoMessageOfAnotherNodeOnThePortForClients() {
    Answer answer = cluster.api("a").json("/peer/cluster/command", "");

    assertThat(answer.status()).isEqualTo(501);
  }

  /// Such a header means nothing there: what is sent with it is a client's call like any other.
  @Test
  void cannotBeToldByAClientThatACallWasPassedOn() {
    TestQueue queue = queue("a");
    for (String node : NODES) {
      Answer answer =
          cluster
              .api(node)
              .json(
                  Call.QUEUE_STATS.path(),
                  "{'queue_name': '%s'}".formatted(queue.name()),
                  "Content-Type",
                  "application/json",
                  "Querator-Peer",
                  "1 b 0 abc 1 AA AA");
      assertThat(answer.status()).isEqualTo(200);
    }
  }

  /// A call that was passed on to a node which does not own its partition is not passed on again.
  @Test
  void passesNoCallOnTwice() throws IOException {
    TestQueue queue = queue("a");
    await().atMost(PATIENCE).until(() -> cluster.owners(queue).size() == PARTITIONS);
    byte[] secret = TestCluster.SECRET.getBytes(StandardCharsets.UTF_8);
    byte[] body = queue.listRequest().build().toByteArray();
    RequestBody request = new RequestBody(body, body.length, "application/protobuf");
    try (PeerClient client =
        new PeerClient(
            new NodeId("x"),
            secret,
            InstantSource.system(),
            to -> Optional.of(cluster.peer(to.value()).getAuthority()),
            1)) {
      List<ReplyCode> codes = new ArrayList<>();
      for (String node : NODES) {
        try (PassedAnswer answer =
            client.pass(
                new NodeId(node),
                new PassedCall(Call.STORAGE_ITEMS_LIST.path(), request, key(queue, 0), ""),
                Duration.ofSeconds(10))) {
          codes.add(answer.code());
        }
      }

      assertThat(codes)
          .containsExactlyInAnyOrder(
              ReplyCode.OK, ReplyCode.RETRY_REQUEST, ReplyCode.RETRY_REQUEST);
    }
  }

  private static String key(TestQueue queue, int number) {
    for (JsonNode partition : cluster.page("a").path("partitions")) {
      if (partition.path("queue_name").asText().equals(queue.name())
          && partition.path("partition").asInt() == number) {
        return partition.path("key").asText();
      }
    }
    throw new AssertionError("no partition " + number);
  }

  @Test
  void refusesWhatTheOwnerWouldRefuseWithTheSameWords() {
    TestQueue queue = queue("a");
    for (int partition = 0; partition < PARTITIONS; partition++) {
      List<String> texts = new ArrayList<>();
      for (String node : NODES) {
        Answer answer = on(node, queue).complete(partition, List.of("no id"));
        texts.add(answer.status() + " " + answer.reply().getMessage());
      }
      assertThat(texts).hasSize(3).containsOnly(texts.getFirst());
    }
    QueueInfo info = queue.info();
    for (String node : NODES) {
      assertThat(on(node, queue).info()).isEqualTo(info);
    }
  }
}
