package io.querator.client;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import io.querator.client.Attempt.Failure;
import io.querator.client.Attempt.Kind;
import io.querator.client.Attempt.Success;
import io.querator.client.BoundedBody.TooLargeException;
import io.querator.client.QueratorException.Answer;
import io.querator.client.message.QueueLeaseResponse;
import io.querator.client.message.Reply;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpConnectTimeoutException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/// Sends a request once and says what became of it. Thread-safe; every method blocks its caller.
final class HttpTransport {
  private static final String PROTOBUF = "application/protobuf";
  private static final String SHUTTING_DOWN = "service is shutting down";
  private static final String CLOSED = "call ended; the client is closed";
  private static final Set<Integer> OF_GATEWAYS = Set.of(502, 503, 504);
  private static final int FOREIGN_TEXT_CHARS = 200;

  private final ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor();
  private final HttpClient http;
  private final long answerBytesMax;

  /// Long polls that wait for their answer, by their bodies.
  private final Map<TrackedBody, CompletableFuture<?>> polls = new ConcurrentHashMap<>();

  private volatile boolean pollsEnded;

  HttpTransport(Duration connectTimeout, long answerBytesMax) {
    this.http =
        HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .followRedirects(HttpClient.Redirect.NEVER)
            .connectTimeout(connectTimeout)
            .executor(executor)
            .build();
    this.answerBytesMax = answerBytesMax;
  }

  /// @param uri where the node serves `call`
  <Q extends Message, A extends Message> Attempt<A> send(
      URI uri, Call<Q, A> call, Q request, Duration timeout) {
    TrackedBody body = new TrackedBody(request.toByteArray());
    HttpRequest post =
        HttpRequest.newBuilder(uri)
            .header("Content-Type", PROTOBUF)
            .header("Accept", PROTOBUF)
            .POST(body)
            .build();
    return switch (exchange(post, body, timeout, call.answer() instanceof QueueLeaseResponse)) {
      case Success(var response) -> read(call, response);
      case Failure(var kind, var answer, var outcome, var cause) ->
          new Failure<>(kind, answer, outcome, cause);
    };
  }

  /// The text of a health document, whatever its status.
  Attempt<String> health(URI uri, Duration timeout) {
    HttpRequest get = HttpRequest.newBuilder(uri).GET().build();
    return switch (exchange(get, new TrackedBody(new byte[0]), timeout, false)) {
      case Success(var response)
          when response.statusCode() == 200 || response.statusCode() == 503 ->
          new Success<>(new String(response.body(), StandardCharsets.UTF_8));
      case Success(var response) -> foreign(response);
      case Failure(var kind, var answer, var outcome, var cause) ->
          new Failure<>(kind, answer, outcome, cause);
    };
  }

  private Attempt<HttpResponse<byte[]>> exchange(
      HttpRequest request, TrackedBody body, Duration timeout, boolean poll) {
    CompletableFuture<HttpResponse<byte[]>> response =
        http.sendAsync(request, _ -> new BoundedBody(answerBytesMax));
    if (poll) {
      polls.put(body, response);
      if (pollsEnded) {
        response.cancel(true);
      }
    }
    try {
      return new Success<>(response.get(timeout.toNanos(), TimeUnit.NANOSECONDS));
    } catch (ExecutionException e) {
      // A poll that is cancelled may fail, too, instead of being cancelled.
      return poll && pollsEnded
          ? ended(body, CLOSED, e)
          : failed(request, body, e.getCause() == null ? e : e.getCause());
    } catch (TimeoutException e) {
      return ended(body, "no answer from " + request.uri() + " within " + timeout, e);
    } catch (CancellationException e) {
      return ended(body, CLOSED, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return ended(body, "call ended; its thread was interrupted", e);
    } finally {
      // Of no effect on an answer; else it closes the connection, by which the node learns that
      // nobody waits.
      response.cancel(true);
      polls.remove(body);
    }
  }

  private static <T> Failure<T> failed(HttpRequest request, TrackedBody body, Throwable cause) {
    boolean connected =
        !(cause instanceof ConnectException || cause instanceof HttpConnectTimeoutException);
    Outcome outcome = connected && body.stop() ? Outcome.UNKNOWN : Outcome.NOT_EXECUTED;
    String reason =
        cause.getMessage() == null ? cause.getClass().getSimpleName() : cause.getMessage();
    Answer answer = Answer.none("no answer from " + request.uri() + ": " + reason);
    Kind kind = cause instanceof TooLargeException ? Kind.FINAL : Kind.UNREACHABLE;
    return new Failure<>(kind, answer, outcome, cause);
  }

  private static <T> Failure<T> ended(TrackedBody body, String message, Exception cause) {
    Outcome outcome = body.stop() ? Outcome.UNKNOWN : Outcome.NOT_EXECUTED;
    return new Failure<>(Kind.FINAL, Answer.none(message), outcome, cause);
  }

  private static <A extends Message> Attempt<A> read(
      Call<?, A> call, HttpResponse<byte[]> response) {
    if (!isProtobuf(response)) {
      return foreign(response);
    }
    try {
      if (response.statusCode() != ReplyCode.OK.code()) {
        return refused(response.statusCode(), Reply.parseFrom(response.body()));
      }
      // The parser of a message's default instance makes messages of its type.
      @SuppressWarnings("unchecked")
      A answer = (A) call.answer().getParserForType().parseFrom(response.body());
      return new Success<>(answer);
    } catch (InvalidProtocolBufferException e) {
      Answer answer = new Answer(response.statusCode(), "unreadable answer", Map.of());
      return new Failure<>(Kind.FINAL, answer, Outcome.UNKNOWN, e);
    }
  }

  private static <A> Failure<A> refused(int status, Reply reply) {
    Answer answer = new Answer(status, reply.getMessage(), reply.getDetailsMap());
    return switch (ReplyCode.of(status).orElse(ReplyCode.INTERNAL_SERVICE_ERROR)) {
      case RETRY_REQUEST -> {
        // A node that says nothing about it belongs to an older service: be careful.
        String outcome = reply.getDetailsOrDefault(Outcome.DETAIL, Outcome.UNKNOWN.text());
        yield new Failure<>(Kind.BUSY, answer, Outcome.of(outcome).orElse(Outcome.UNKNOWN), null);
      }
      case REQUEST_FAILED -> {
        Kind kind = reply.getMessage().equals(SHUTTING_DOWN) ? Kind.BUSY : Kind.FINAL;
        yield new Failure<>(kind, answer, Outcome.NOT_EXECUTED, null);
      }
      case BAD_REQUEST, UNAUTHORIZED, FORBIDDEN, CLIENT_CONTENT_ERROR, NOT_IMPLEMENTED ->
          new Failure<>(Kind.FINAL, answer, Outcome.NOT_EXECUTED, null);
      case OK, INTERNAL_SERVICE_ERROR -> new Failure<>(Kind.FINAL, answer, Outcome.UNKNOWN, null);
    };
  }

  /// An answer that no node has given: from a proxy, or from another service.
  private static <A> Failure<A> foreign(HttpResponse<byte[]> response) {
    String text = new String(response.body(), StandardCharsets.UTF_8);
    String start = text.substring(0, Math.min(text.length(), FOREIGN_TEXT_CHARS));
    String message = "unexpected answer from " + response.uri() + ": " + start;
    Kind kind = OF_GATEWAYS.contains(response.statusCode()) ? Kind.BUSY : Kind.FINAL;
    return new Failure<>(
        kind, new Answer(response.statusCode(), message, Map.of()), Outcome.UNKNOWN, null);
  }

  private static boolean isProtobuf(HttpResponse<?> response) {
    return response.headers().firstValue("Content-Type").orElse("").startsWith(PROTOBUF);
  }

  /// Ends the long polls that wait, and any that begins.
  void endPolls() {
    pollsEnded = true;
    polls.values().forEach(poll -> poll.cancel(true));
  }

  /// Ends whatever is still under way, and the threads; waits for that no longer than `timeout`.
  void close(Duration timeout) {
    http.shutdownNow();
    try {
      // Calls that are ended learn it from the executor's threads: those are ended last.
      boolean _ = http.awaitTermination(timeout);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      executor.shutdownNow();
    }
  }
}
