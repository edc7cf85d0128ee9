package io.querator.node.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import io.querator.client.Limits;
import io.querator.client.message.Reply;
import io.querator.node.http.Authenticator;
import io.querator.node.http.CallObserver;
import io.querator.node.http.HttpApi;
import io.querator.node.http.HttpServer;
import io.querator.node.http.HttpSettings;
import io.querator.node.service.NodeService;
import io.querator.node.service.ServiceSettings;
import io.querator.node.service.SteadyClock;
import io.querator.node.service.Storage;
import io.querator.queue.TurnObserver;
import io.querator.storage.Catalogue;
import io.querator.storage.memory.MemoryCatalogue;
import io.querator.storage.memory.MemoryPartitionStore;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/// A node that serves its API over HTTP on a free port, with its queues in memory.
final class TestNode implements AutoCloseable {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final NodeService service;
  private final HttpServer server;
  private final HttpClient http = HttpClient.newHttpClient();

  TestNode() {
    this(ServiceSettings.DEFAULT);
  }

  TestNode(ServiceSettings settings) {
    this(settings, List.of(memory("default")), new MemoryCatalogue());
  }

  TestNode(ServiceSettings settings, List<Storage> storages, Catalogue catalogue) {
    service =
        new NodeService(
            settings,
            storages,
            catalogue,
            new SteadyClock(InstantSource.system()),
            TurnObserver.NONE);
    service.start().orTimeout(10, TimeUnit.SECONDS).join();
    server =
        HttpServer.start(
            httpSettings(),
            new HttpApi(Api.handlers(service), Map.of(), Authenticator.NONE, CallObserver.NONE));
  }

  static Storage memory(String name) {
    return new Storage(name, new MemoryPartitionStore(InstantSource.system()), 1);
  }

  private static HttpSettings httpSettings() {
    return new HttpSettings(
        "localhost",
        0,
        1_000,
        1_000,
        1L << 30,
        Limits.PRODUCE_BODY,
        Duration.ofMinutes(1),
        Duration.ofMinutes(1),
        Duration.ofMinutes(1),
        Duration.ofSeconds(5));
  }

  int port() {
    return server.port();
  }

  NodeService service() {
    return service;
  }

  /// An answer.
  record Answer(int status, JsonNode body) {
    String message() {
      return body.path("message").asText();
    }

    String detail(String name) {
      return body.path("details").path(name).asText();
    }
  }

  /// Posts `json`, in which `'` stands for `"`, as a client that takes anything.
  Answer post(String path, String json) {
    return send(request(path, json).header("Accept", "*/*").build()).join();
  }

  /// The same with further headers, each a name and a value; no `Accept` but among them.
  Answer postWith(String path, String json, String... headers) {
    HttpRequest.Builder request = request(path, json);
    return send((headers.length == 0 ? request : request.headers(headers)).build()).join();
  }

  CompletableFuture<Answer> postLater(String path, String json) {
    return send(request(path, json).header("Accept", "*/*").build());
  }

  /// A refusal in protobuf.
  record Refusal(int status, Reply reply) {}

  Refusal postProtobuf(String path, Message message) {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create("http://localhost:" + server.port() + path))
            .POST(HttpRequest.BodyPublishers.ofByteArray(message.toByteArray()))
            .header("Content-Type", "application/protobuf")
            .header("Accept", "application/protobuf")
            .build();
    return http.sendAsync(request, HttpResponse.BodyHandlers.ofByteArray())
        .thenApply(response -> {
          try {
            return new Refusal(response.statusCode(), Reply.parseFrom(response.body()));
          } catch (InvalidProtocolBufferException e) {
            throw new UncheckedIOException("not a Reply", e);
          }
        })
        .join();
  }

  private HttpRequest.Builder request(String path, String json) {
    return HttpRequest.newBuilder(URI.create("http://localhost:" + server.port() + path))
        .POST(HttpRequest.BodyPublishers.ofString(json.replace('\'', '"')));
  }

  private CompletableFuture<Answer> send(HttpRequest request) {
    return http.sendAsync(request, HttpResponse.BodyHandlers.ofString())
        .thenApply(response -> new Answer(response.statusCode(), parse(response.body())));
  }

  private static JsonNode parse(String body) {
    try {
      return JSON.readTree(body);
    } catch (IOException e) {
      throw new UncheckedIOException("not JSON: " + body, e);
    }
  }

  /// Makes a queue of a name that no other test has.
  String queue(String more) {
    String name = "queue-" + UUID.randomUUID();
    Answer answer =
        post(
            "/v1/queues.create",
            "{'queue_name':'"
                + name
                + "','lease_timeout':'1m','expire_timeout':'24h','requested_partitions':1"
                + (more.isEmpty() ? "" : "," + more)
                + "}");
    if (answer.status() != 200) {
      throw new IllegalStateException("queue not made: " + answer);
    }
    return name;
  }

  /// Produces items with these payloads.
  Answer produce(String queue, String... payloads) {
    StringBuilder items = new StringBuilder();
    for (String payload : payloads) {
      items.append(items.isEmpty() ? "" : ",").append("{'utf8':'").append(payload).append("'}");
    }
    return post(
        "/v1/queue.produce",
        "{'queue_name':'" + queue + "','request_timeout':'1m','items':[" + items + "]}");
  }

  Answer lease(String queue, int batchSize, String timeout) {
    return leaseLater(queue, UUID.randomUUID().toString(), batchSize, timeout).join();
  }

  CompletableFuture<Answer> leaseLater(String queue, String client, int batchSize, String timeout) {
    return postLater(
        "/v1/queue.lease",
        "{'queue_name':'%s','client_id':'%s','batch_size':%d,'request_timeout':'%s'}"
            .formatted(queue, client, batchSize, timeout));
  }

  Answer complete(String queue, int partition, String... ids) {
    return post(
        "/v1/queue.complete",
        "{'queue_name':'%s','partition':%d,'request_timeout':'1m','ids':['%s']}"
            .formatted(queue, partition, String.join("','", ids)));
  }

  JsonNode stats(String queue) {
    return post("/v1/queue.stats", "{'queue_name':'" + queue + "'}")
        .body()
        .path("logicalQueues")
        .path(0);
  }

  @Override
  public void close() {
    service.drain(false);
    server.close();
    service.close();
    http.close();
  }
}
