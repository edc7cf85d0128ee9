package io.querator.node.contract;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.google.protobuf.Message;
import io.querator.client.Call;
import io.querator.client.message.QueueProduceItem;
import io.querator.client.message.StorageItem;
import io.querator.node.NodeProcess;
import io.querator.storage.TestDirectories;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/// What clients send that mean no good, or do not know better, to a node with 256 MB of heap.
class HostileInputIT {
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final int LARGE_ITEMS = 8;
  private static final String LAST_CHUNK = "0\r\n\r\n";
  private static final long SEED = Long.getLong("seed", System.nanoTime());

  private static NodeProcess node;
  private static ApiClient api;

  @BeforeAll
  static void start() throws IOException {
    node =
        NodeProcess.start(
                TestDirectories.create("hostile"),
                "--http-request-timeout=2s",
                "--http-write-timeout=5s",
                "--http-idle-timeout=4s")
            .awaitReady();
    api = new ApiClient(node::uri);
  }

  @AfterAll
  static void stop() throws IOException, InterruptedException {
    api.close();
    node.signal("TERM").awaitEnd();
    node.close();
    assertThat(node.output()).doesNotContain("OutOfMemoryError", "request failed", "thread died");
  }

  /// Whatever was done to it: it answers, and serves.
  @AfterEach
  void isWell() {
    Instant start = Instant.now();
    assertThat(api.get("/health").status()).isEqualTo(200);
    TestQueue queue = queue();
    queue.produce("a");
    queue.complete(queue.lease(1));
    queue.delete();
    assertThat(Duration.between(start, Instant.now())).isLessThan(Duration.ofSeconds(10));
  }

  private static TestQueue queue() {
    return TestQueue.create(api, TestServer.freshName(), info -> info);
  }

  // Bodies

  /// Valid requests with a few bytes changed, added or taken away.
  @Test
  void answersWhatIsAlmostARequest() throws IOException {
    RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(SEED);
    TestQueue queue = queue();
    List<Call<?, ?>> calls =
        Call.all().stream()
            .filter(call -> !call.equals(Call.QUEUES_CREATE) && !call.equals(Call.QUEUES_UPDATE))
            .toList();
    for (int i = 0; i < 1500; i++) {
      Call<?, ?> call = calls.get(random.nextInt(calls.size()));
      Encoding encoding = Encoding.values()[random.nextInt(Encoding.values().length)];
      byte[] body = mutated(encoding.encode(request(call, queue)), random);

      CompletableFuture<Answer> answer =
          api.exchangeLater(
              "POST",
              call.path(),
              body,
              "Content-Type",
              encoding.type(),
              "Accept",
              Encoding.any().type());
      try {
        Answer got =
            answer.orTimeout(call.equals(Call.QUEUE_LEASE) ? 1 : 30, TimeUnit.SECONDS).join();
        assertThat(got.status())
            .as("seed %d, request %d, %s %s", SEED, i, call.path(), Arrays.toString(body))
            .isIn(200, 400, 453, 454, 455);
        if (!got.ok()) {
          assertThat(got.reply().getCode()).isEqualTo(got.status());
        }
      } catch (CompletionException e) {
        // a lease may be asked to wait for long
        assertThat(e.getCause()).isInstanceOf(TimeoutException.class);
        assertThat(call).as("seed %d, request %d", SEED, i).isEqualTo(Call.QUEUE_LEASE);
        answer.cancel(true);
      }
    }
  }

  private static Message request(Call<?, ?> call, TestQueue queue) {
    String json =
        switch (call.path()) {
          case "/v1/queue.produce" ->
              "'request_timeout':'1m','items':[{'kind':'k','bytes':'YWJj','enqueue_at':'2040-01-01T00:00:00Z'}]";
          case "/v1/queue.lease" -> "'batch_size':3,'client_id':'c','request_timeout':'20ms'";
          case "/v1/queue.complete" ->
              "'partition':0,'request_timeout':'1m','ids':['" + Contract.FOREIGN_ID + "']";
          case "/v1/queue.retry" ->
              "'items':[{'id':'" + Contract.FOREIGN_ID + "','retry_at':'2040-01-01T00:00:00Z'}]";
          case "/v1/queue.clear" -> "'queue':true";
          case "/v1/queues.list" -> "'limit':10";
          case "/v1/storage/items.import" ->
              "'items':[{'source_id':'s','is_leased':true,'lease_deadline':'2040-01-01T00:00:00Z','payload':'YWJj','attempts':3}]";
          case "/v1/partitions.move" -> "'partition':0,'storage':'none'";
          case "/v1/storage/items.delete" -> "'ids':['" + Contract.FOREIGN_ID + "']";
          default -> "";
        };
    String name =
        switch (call.path()) {
          case "/v1/queues.list" -> "";
          case "/v1/cluster.drain", "/v1/cluster.undrain" -> "'node':'nobody'";
          case "/v1/storages.drain" -> "'storage':'none'";
          default -> "'queue_name':'" + queue.name() + "'";
        };
    String both = name + (name.isEmpty() || json.isEmpty() ? "" : ",") + json;
    return Rules.of(call, "{" + both + "}").build().request(Map.of());
  }

  private static byte[] mutated(byte[] body, RandomGenerator random) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    int changes = random.nextInt(1, 4);
    byte[] now = body;
    for (int i = 0; i < changes; i++) {
      int at = now.length == 0 ? 0 : random.nextInt(now.length);
      out.reset();
      out.write(now, 0, at);
      switch (random.nextInt(5)) {
        case 0 -> out.write(now, Math.min(at + 1, now.length), Math.max(0, now.length - at - 1));
        case 1 -> {
          out.write(random.nextInt(256));
          out.write(now, at, now.length - at);
        }
        case 2 -> {
          out.write(random.nextInt(256));
          out.write(now, Math.min(at + 1, now.length), Math.max(0, now.length - at - 1));
        }
        case 3 -> {
          int end = Math.min(now.length, at + random.nextInt(20));
          out.write(now, at, end - at);
          out.write(now, at, now.length - at);
        }
        default -> {} // cut off
      }
      now = out.toByteArray();
    }
    return now;
  }

  @Test
  void refusesDeepNesting() {
    String path = Call.QUEUE_PRODUCE.path();
    for (String open : List.of("[", "{'items':", "{'items':[", "{'items':[{'bytes':", "{'x':")) {
      String deep = open.repeat(250_000 / open.length());
      assertThat(api.json(path, deep).status()).isEqualTo(455);
      assertThat(api.json(path, "{'queue_name':" + deep).status()).isEqualTo(455);
    }
    byte[] groups = new byte[250_000];
    Arrays.fill(groups, (byte) 0x0b);
    Answer answer = api.exchange("POST", path, groups, "Content-Type", "application/protobuf");
    assertThat(answer.status()).isEqualTo(455);
  }

  @Test
  void keepsNulAndLoneSurrogatesOut() {
    TestQueue queue = queue();
    String json = "{'queue_name':'%s','request_timeout':'1m','items':[{'%s':'a%sb'}]}";
    for (String field : List.of("kind", "reference", "encoding")) {
      String nul = json.formatted(queue.name(), field, "\\u0000");
      String half = json.formatted(queue.name(), field, "\\ud800");

      assertThat(api.json(Call.QUEUE_PRODUCE.path(), nul, "Accept", "*/*").reply().getMessage())
          .isEqualTo(field + " is invalid; cannot contain a NUL character");
      assertThat(api.json(Call.QUEUE_PRODUCE.path(), half, "Accept", "*/*").status())
          .isEqualTo(455);
    }
    String payload = json.formatted(queue.name(), "utf8", "\\u0000");
    assertThat(api.json(Call.QUEUE_PRODUCE.path(), payload, "Accept", "*/*").status())
        .isEqualTo(200);
    assertThat(TestQueue.payloads(queue.lease(1))).containsExactly("a\0b");
    queue.delete();
  }

  /// Millions of items of nothing: refused, or taken, but not fatal.
  @Test
  void survivesBodiesOfCountlessElements() {
    TestQueue queue = queue();
    String head = "{\"queue_name\":\"" + queue.name() + "\",\"items\":[{}";
    String elements = ",{}".repeat((20_000_000 - head.length()) / 3);
    byte[] json = (head + elements + "]}").getBytes(UTF_8);
    byte[] protobuf = new byte[20_000_000];
    for (int i = 0; i < protobuf.length; i += 2) {
      protobuf[i] = 0x1a;
    }

    for (String[] sent : new String[][] {{"application/json"}, {"application/protobuf"}}) {
      byte[] body = sent[0].endsWith("json") ? json : protobuf;
      Answer answer =
          api.exchange("POST", Call.STORAGE_ITEMS_IMPORT.path(), body, "Content-Type", sent[0]);
      assertThat(answer.status()).as(answer.toString()).isIn(400, 454);
    }
    queue.delete();
  }

  @Test
  void survivesManyLargeBodiesAtOnce() {
    TestQueue queue = queue();
    QueueProduceItem large =
        QueueProduceItem.newBuilder().setBytes(ByteString.copyFrom(new byte[3_000_000])).build();
    List<CompletableFuture<Answer>> answers = new ArrayList<>();
    for (int i = 0; i < 60; i++) {
      answers.add(api.later(Call.QUEUE_PRODUCE, queue.produceRequest().addItems(large)));
    }

    int taken = 0;
    for (CompletableFuture<Answer> answer : answers) {
      Answer got = ApiClient.join(answer);
      assertThat(got.status()).as(got.toString()).isIn(200, 454);
      taken += got.ok() ? 1 : 0;
    }
    assertThat(taken).isPositive();
    assertThat(queue.total()).isEqualTo(taken);
    queue.delete();
  }

  // Connections

  @Test
  void closesThoseWhoSendTooSlowly() throws IOException {
    byte[] begun =
        "POST /v1/queue.produce HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n{"
            .getBytes(UTF_8);
    try (SocketCrowd heads = SocketCrowd.connect(node.port(), 300);
        SocketCrowd bodies = SocketCrowd.connect(node.port(), 300)) {
      heads.sendAll(i -> "POST /v1/queue.produce HT".getBytes(UTF_8));
      bodies.sendAll(i -> begun);

      isWell();
      heads.pump(PATIENCE, () -> heads.closedByServer() == heads.size());
      bodies.pump(PATIENCE, () -> bodies.closedByServer() == bodies.size());
    }
  }

  /// A queue whose list is more than sockets hold.
  private static TestQueue largeQueue() {
    TestQueue queue = queue();
    for (int i = 0; i < LARGE_ITEMS; i++) {
      queue.imported(StorageItem.newBuilder().setPayload(ByteString.copyFrom(new byte[8_000_000])));
    }
    return queue;
  }

  private static byte[] list(TestQueue queue) {
    return SocketCrowd.post(
        Call.STORAGE_ITEMS_LIST.path(), "{'queue_name':'" + queue.name() + "'}");
  }

  @Test
  void closesThoseWhoReadTooSlowly() throws IOException {
    TestQueue queue = largeQueue();
    try (SocketCrowd readers = SocketCrowd.connect(node.port(), 20)) {
      readers.sendAll(i -> list(queue));

      isWell();
      org.awaitility.Awaitility.await()
          .atMost(PATIENCE)
          .until(() -> api.get("/metrics").text().contains("http_calls_in_flight 0.0"));
    }
    assertThat(queue.total()).isEqualTo(LARGE_ITEMS);
    queue.delete();
  }

  @Test
  void blamesNoClientForATimeInWhichItStandsStill() throws IOException, InterruptedException {
    TestQueue queue = largeQueue();
    try (Socket reader = new Socket(InetAddress.getLoopbackAddress(), node.port())) {
      reader.setSoTimeout((int) PATIENCE.toMillis());
      reader.getOutputStream().write(list(queue));
      InputStream answer = reader.getInputStream();
      assertThat(answer.readNBytes(1_000_000)).hasSize(1_000_000);

      node.signal("STOP");
      try {
        // longer than a client may refuse to take more
        TimeUnit.SECONDS.sleep(6);
      } finally {
        node.signal("CONT");
      }

      assertThat(end(answer)).isEqualTo(LAST_CHUNK);
    }
    queue.delete();
  }

  /// Reads until the end of an answer in chunks, or of the connection.
  ///
  /// @return what came last
  private static String end(InputStream answer) throws IOException {
    byte[] buffer = new byte[1 << 16];
    String end = "";
    for (int read = answer.read(buffer); read >= 0; read = answer.read(buffer)) {
      String before = end + new String(buffer, 0, read, ISO_8859_1);
      end = before.substring(Math.max(0, before.length() - LAST_CHUNK.length()));
      if (end.equals(LAST_CHUNK)) {
        break;
      }
    }
    return end;
  }

  @Test
  void servesBesideThousandsOfIdleConnections() throws IOException {
    try (SocketCrowd idle = SocketCrowd.connect(node.port(), 3_000)) {
      for (int i = 0; i < 3; i++) {
        isWell();
      }
      idle.pump(PATIENCE, () -> idle.closedByServer() == idle.size());
    }
  }
}
