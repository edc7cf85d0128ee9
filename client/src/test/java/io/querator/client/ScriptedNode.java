package io.querator.client;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.Parser;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.querator.client.message.Reply;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/// A real HTTP server on a free port, which answers one request after the other as it was told.
final class ScriptedNode implements AutoCloseable {
  private final HttpServer server;
  private final ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor();
  private final Queue<Step> script = new ConcurrentLinkedQueue<>();
  private final List<Received> received = new CopyOnWriteArrayList<>();
  private final CountDownLatch closed = new CountDownLatch(1);

  private interface Step {
    void run(HttpExchange exchange) throws IOException;
  }

  /// A request that has arrived in full.
  record Received(String method, String path, Map<String, List<String>> headers, byte[] body) {
    <M extends Message> M as(Parser<M> parser) {
      try {
        return parser.parseFrom(body);
      } catch (InvalidProtocolBufferException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  ScriptedNode() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setExecutor(executor);
    server.createContext("/", this::handle);
    server.start();
  }

  URI uri() {
    return URI.create("http://127.0.0.1:" + server.getAddress().getPort());
  }

  List<Received> received() {
    return received;
  }

  ScriptedNode answers(Message message) {
    return answers(200, "application/protobuf", message.toByteArray());
  }

  ScriptedNode succeeds() {
    return answers(Reply.newBuilder().setCode(200).build());
  }

  ScriptedNode refuses(int code, String message) {
    return refuses(code, message, Map.of());
  }

  ScriptedNode refuses(int code, String message, Map<String, String> details) {
    Reply reply =
        Reply.newBuilder().setCode(code).setMessage(message).putAllDetails(details).build();
    return answers(code, "application/protobuf", reply.toByteArray());
  }

  ScriptedNode isBusy(Outcome outcome) {
    return refuses(454, "try again", Map.of(Outcome.DETAIL, outcome.text()));
  }

  ScriptedNode answers(int status, String contentType, String text) {
    return answers(status, contentType, text.getBytes(StandardCharsets.UTF_8));
  }

  ScriptedNode answers(int status, String contentType, byte[] body) {
    script.add(exchange -> send(exchange, status, contentType, body));
    return this;
  }

  /// Closes the connection instead of answering.
  ScriptedNode dropsTheConnection() {
    script.add(HttpExchange::close);
    return this;
  }

  /// Succeeds once `gate` is open, or not before the end of the test.
  ScriptedNode succeedsAfter(CountDownLatch gate) {
    script.add(exchange -> {
      try {
        gate.await();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return;
      }
      send(
          exchange,
          200,
          "application/protobuf",
          Reply.newBuilder().setCode(200).build().toByteArray());
    });
    return this;
  }

  ScriptedNode neverAnswers() {
    return succeedsAfter(closed);
  }

  private void handle(HttpExchange exchange) throws IOException {
    byte[] body = exchange.getRequestBody().readAllBytes();
    received.add(
        new Received(
            exchange.getRequestMethod(),
            exchange.getRequestURI().getPath(),
            Map.copyOf(exchange.getRequestHeaders()),
            body));
    Step step = script.poll();
    if (step == null) {
      send(exchange, 418, "text/plain", "not in the script".getBytes(StandardCharsets.UTF_8));
    } else {
      step.run(exchange);
    }
  }

  private static void send(HttpExchange exchange, int status, String contentType, byte[] body)
      throws IOException {
    exchange.getResponseHeaders().set("Content-Type", contentType);
    exchange.sendResponseHeaders(status, body.length == 0 ? -1 : body.length);
    exchange.getResponseBody().write(body);
    exchange.close();
  }

  @Override
  public void close() {
    closed.countDown();
    server.stop(0);
    executor.shutdownNow();
  }
}
