package io.querator.node.peer;

import static java.util.Objects.requireNonNull;

import com.google.protobuf.InvalidProtocolBufferException;
import io.querator.client.Outcome;
import io.querator.client.ReplyCode;
import io.querator.client.message.Reply;
import io.querator.cluster.NodeId;
import io.querator.cluster.link.PeerException;
import io.querator.cluster.link.PeerException.Kind;
import io.querator.cluster.link.PeerLink;
import io.querator.node.http.Passed;
import io.querator.node.http.RequestBody;
import java.io.ByteArrayInputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpConnectTimeoutException;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandler;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.HttpTimeoutException;
import java.nio.channels.UnresolvedAddressException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// Sends requests to other nodes. Safe for use by many threads; each call blocks its own.
public final class PeerClient implements PeerLink, AutoCloseable {
  /// What the paths of messages begin with.
  public static final String MESSAGES = "/peer/";

  private static final String PROTOBUF = "application/protobuf";
  private static final String BINARY = "application/octet-stream";
  private static final BodyHandler<byte[]> WHOLE = BodyHandlers.ofByteArray();
  private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(1);

  private final NodeId own;
  private final byte[] secret;
  private final InstantSource clock;
  private final Function<NodeId, Optional<String>> addresses;

  /// By how much another node's clock is ahead of ours, in milliseconds, where it is by much.
  private final Map<NodeId, Long> ahead = new ConcurrentHashMap<>();

  private final HttpClient http =
      HttpClient.newBuilder()
          .version(HttpClient.Version.HTTP_1_1)
          .followRedirects(HttpClient.Redirect.NEVER)
          .connectTimeout(CONNECT_TIMEOUT)
          .build();

  /// @param secret of the cluster
  /// @param addresses where a node is reached, `host:port`; empty if that is not known
  public PeerClient(
      NodeId own,
      byte[] secret,
      InstantSource clock,
      Function<NodeId, Optional<String>> addresses) {
    this.own = requireNonNull(own, "own");
    this.secret = secret.clone();
    this.clock = requireNonNull(clock, "clock");
    this.addresses = requireNonNull(addresses, "addresses");
  }

  /// A call to pass on.
  ///
  /// @param path of the call
  /// @param partition the key of the partition that it is for, as text; empty: none
  /// @param idempotencyKey the header; empty: none
  public record PassedCall(
      String path, RequestBody body, String partition, String idempotencyKey) {}

  /// An answer in protobuf, of success or not. Its body must be closed.
  public record PassedAnswer(ReplyCode code, InputStream body) implements AutoCloseable {
    @Override
    public void close() {
      try {
        body.close();
      } catch (IOException e) {
        throw new UncheckedIOException("closing an answer", e);
      }
    }
  }

  private record Outgoing(
      String path,
      byte[] bytes,
      int length,
      String contentType,
      String accept,
      String partition,
      String idempotencyKey) {}

  @Override
  public byte[] call(NodeId to, String subject, byte[] message, Duration timeout) {
    Outgoing outgoing =
        new Outgoing(MESSAGES + subject, message, message.length, BINARY, PROTOBUF, "", "");
    HttpResponse<byte[]> response = send(to, outgoing, timeout, WHOLE);
    if (response.statusCode() == ReplyCode.OK.code()) {
      return response.body();
    }
    try {
      Reply reply = Reply.parseFrom(response.body());
      throw new PeerException(kind(reply), to + ": " + reply.getMessage(), null);
    } catch (InvalidProtocolBufferException e) {
      throw new PeerException(Kind.UNKNOWN, to + " answers " + response.statusCode(), e);
    }
  }

  private static Kind kind(Reply reply) {
    boolean unknown = Outcome.UNKNOWN.text().equals(reply.getDetailsOrDefault(Outcome.DETAIL, ""));
    boolean internal = reply.getCode() == ReplyCode.INTERNAL_SERVICE_ERROR.code();
    return unknown || internal ? Kind.UNKNOWN : Kind.NOT_EXECUTED;
  }

  /// Passes a call on, its body unchanged, and waits for the whole answer.
  ///
  /// @throws PeerException if no answer came
  public PassedAnswer pass(NodeId to, PassedCall call, Duration timeout) {
    HttpResponse<byte[]> response = send(to, outgoing(call), timeout, WHOLE);
    return new PassedAnswer(code(response), new ByteArrayInputStream(response.body()));
  }

  /// [#pass] of a call whose answer may be long: its body is read as it comes, within the same
  /// time.
  ///
  /// @throws PeerException if no answer came
  public PassedAnswer passStreaming(NodeId to, PassedCall call, Duration timeout) {
    long end = System.nanoTime() + timeout.toNanos();
    HttpResponse<InputStream> response =
        send(to, outgoing(call), timeout, BodyHandlers.ofInputStream());
    Duration rest = Duration.ofNanos(Math.max(0, end - System.nanoTime()));
    return new PassedAnswer(code(response), new LimitedStream(response.body(), rest));
  }

  /// Whose reader is told by an [IOException] when the time is over.
  private static final class LimitedStream extends FilterInputStream {
    private final CompletableFuture<Void> end = new CompletableFuture<>();

    LimitedStream(InputStream in, Duration timeout) {
      super(in);
      end.orTimeout(timeout.toNanos(), TimeUnit.NANOSECONDS)
          .whenComplete((_, _) -> {
            try {
              in.close();
            } catch (IOException e) {
              throw new UncheckedIOException(e);
            }
          });
    }

    @Override
    public void close() {
      end.complete(null);
    }
  }

  private static Outgoing outgoing(PassedCall call) {
    RequestBody body = call.body();
    String contentType = body.contentType();
    return new Outgoing(
        call.path(),
        body.bytes(),
        body.length(),
        contentType == null ? "application/json" : contentType,
        PROTOBUF,
        call.partition(),
        call.idempotencyKey());
  }

  private static ReplyCode code(HttpResponse<?> response) {
    return ReplyCode.of(response.statusCode()).orElse(ReplyCode.INTERNAL_SERVICE_ERROR);
  }

  private <B> HttpResponse<B> send(
      NodeId to, Outgoing outgoing, Duration timeout, BodyHandler<B> handler) {
    HttpResponse<B> response = sendOnce(to, outgoing, timeout, handler);
    if (response.statusCode() == ReplyCode.UNAUTHORIZED.code()) {
      if (learnClock(to, response.body())) {
        response = sendOnce(to, outgoing, timeout, handler);
      }
      if (response.statusCode() == ReplyCode.UNAUTHORIZED.code()) {
        throw new PeerException(
            Kind.NOT_EXECUTED, to + " does not know us; do the secrets differ?", null);
      }
    }
    return response;
  }

  /// @return whether the other node's clock was the reason of its refusal
  private boolean learnClock(NodeId to, Object refusal) {
    try {
      byte[] bytes =
          refusal instanceof InputStream stream ? stream.readAllBytes() : (byte[]) refusal;
      String theirs = Reply.parseFrom(bytes).getDetailsOrDefault(PeerAuthenticator.CLOCK, "");
      if (theirs.isEmpty()) {
        return false;
      }
      ahead.put(to, Long.parseLong(theirs) - clock.millis());
      return true;
    } catch (IOException | NumberFormatException e) {
      return false;
    }
  }

  private <B> HttpResponse<B> sendOnce(
      NodeId to, Outgoing outgoing, Duration timeout, BodyHandler<B> handler) {
    String address =
        addresses
            .apply(to)
            .orElseThrow(() -> new PeerException(Kind.NOT_EXECUTED, "no address of " + to, null));
    Signature signature =
        new Signature(
            outgoing.path(),
            own.value(),
            to.value(),
            clock.millis() + ahead.getOrDefault(to, 0L),
            outgoing.partition(),
            timeout.toMillis(),
            Passed.digest(outgoing.bytes(), outgoing.length()),
            Signature.about(outgoing.contentType(), outgoing.accept(), outgoing.idempotencyKey()));
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create("http://" + address + outgoing.path()))
            .timeout(timeout)
            .header("Content-Type", outgoing.contentType())
            .header("Accept", outgoing.accept())
            .header(Signature.HEADER, signature.signed(secret))
            .POST(BodyPublishers.ofByteArray(outgoing.bytes(), 0, outgoing.length()));
    if (!outgoing.idempotencyKey().isEmpty()) {
      request.header("Idempotency-Key", outgoing.idempotencyKey());
    }
    // the time-out of the request itself ends with the head of the answer
    CompletableFuture<HttpResponse<B>> answer = http.sendAsync(request.build(), handler);
    try {
      return answer.get(timeout.toNanos(), TimeUnit.NANOSECONDS);
    } catch (ExecutionException e) {
      throw failed(to, e.getCause());
    } catch (TimeoutException e) {
      answer.cancel(true);
      throw failed(to, e);
    } catch (InterruptedException e) {
      answer.cancel(true);
      Thread.currentThread().interrupt();
      throw new PeerException(Kind.UNKNOWN, "interrupted", e);
    }
  }

  private static PeerException failed(NodeId to, @Nullable Throwable cause) {
    return switch (cause) {
      case ConnectException e -> {
        boolean known = !(e.getCause() instanceof UnresolvedAddressException);
        Kind kind = known ? Kind.REFUSED : Kind.NOT_EXECUTED;
        yield new PeerException(kind, to + " is not there", e);
      }
      case HttpConnectTimeoutException e ->
          new PeerException(Kind.NOT_EXECUTED, to + " cannot be reached", e);
      case HttpTimeoutException e ->
          new PeerException(Kind.UNKNOWN, to + " does not answer in time", e);
      case TimeoutException e ->
          new PeerException(Kind.UNKNOWN, to + " does not answer in time", e);
      case null, default -> new PeerException(Kind.UNKNOWN, to + " broke the connection", cause);
    };
  }

  @Override
  public void close() {
    http.shutdownNow();
  }
}
