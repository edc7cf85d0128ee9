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
import io.querator.node.peer.PeerConnections.Exchange;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.time.Duration;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.function.Function;

/// Sends requests to other nodes. Safe for use by many threads; each call blocks its own.
public final class PeerClient implements PeerLink, AutoCloseable {
  /// What the paths of messages begin with.
  public static final String MESSAGES = "/peer/";

  private static final String PROTOBUF = "application/protobuf";
  private static final String BINARY = "application/octet-stream";

  /// How many messages may be under way to one node.
  private static final int MESSAGES_MAX = 1_000;

  /// How many calls may be passed on at a time, half of them to one node: twice as many as a node
  /// has under way by default.
  public static final int CALLS_MAX = 16_000;

  private final NodeId own;
  private final byte[] secret;
  private final InstantSource clock;
  private final Function<NodeId, Optional<String>> addresses;

  /// By how much another node's clock is ahead of ours, in milliseconds, where it is by much.
  private final Map<NodeId, Long> ahead = new ConcurrentHashMap<>();

  private final ScheduledExecutorService watchdog =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().daemon().name("peer-watchdog").factory());

  private final PeerNames names = new PeerNames(InetAddress::getByName);

  /// Apart, so that messages never wait for calls.
  private final PeerConnections messages =
      new PeerConnections(
          MESSAGES_MAX, Integer.MAX_VALUE, PeerConnections.TRUSTED, names, watchdog);

  private final PeerConnections calls;

  /// @param secret of the cluster
  /// @param addresses where a node is reached, `host:port`; empty if that is not known
  /// @param callsMax 1 or more that are passed on at a time, each over a connection of its own; a
  ///   node that hangs holds half of them at most
  public PeerClient(
      NodeId own,
      byte[] secret,
      InstantSource clock,
      Function<NodeId, Optional<String>> addresses,
      int callsMax) {
    this.own = requireNonNull(own, "own");
    this.secret = secret.clone();
    this.clock = requireNonNull(clock, "clock");
    this.addresses = requireNonNull(addresses, "addresses");
    int toOne = Math.max(1, callsMax / 2);
    calls = new PeerConnections(toOne, callsMax, PeerConnections.TRUSTED, names, watchdog);
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
    try (Exchange exchange = send(messages, to, outgoing, timeout)) {
      byte[] body = exchange.whole();
      if (exchange.status() == ReplyCode.OK.code()) {
        return body;
      }
      throw refused(to, exchange.status(), body);
    }
  }

  private static PeerException refused(NodeId by, int status, byte[] body) {
    try {
      Reply reply = Reply.parseFrom(body);
      return new PeerException(kind(reply), by + ": " + reply.getMessage(), null);
    } catch (InvalidProtocolBufferException e) {
      return new PeerException(Kind.UNKNOWN, by + " answers " + status, e);
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
    try (Exchange exchange = send(calls, to, outgoing(call), timeout)) {
      return new PassedAnswer(code(exchange), new ByteArrayInputStream(exchange.whole()));
    }
  }

  /// [#pass] of a call whose answer may be long: its body is read as it comes, within the same
  /// time.
  ///
  /// @throws PeerException if no answer came
  public PassedAnswer passStreaming(NodeId to, PassedCall call, Duration timeout) {
    Exchange exchange = send(calls, to, outgoing(call), timeout);
    return new PassedAnswer(code(exchange), exchange.stream());
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

  private static ReplyCode code(Exchange exchange) {
    return ReplyCode.of(exchange.status()).orElse(ReplyCode.INTERNAL_SERVICE_ERROR);
  }

  private Exchange send(PeerConnections by, NodeId to, Outgoing outgoing, Duration timeout) {
    long end = System.nanoTime() + timeout.toNanos();
    Exchange first = sendOnce(by, to, outgoing, timeout);
    if (first.status() != ReplyCode.UNAUTHORIZED.code()) {
      return first;
    }
    if (!learnClock(to, first)) {
      throw unknownTo(to);
    }
    Exchange second = sendOnce(by, to, outgoing, Duration.ofNanos(end - System.nanoTime()));
    if (second.status() != ReplyCode.UNAUTHORIZED.code()) {
      return second;
    }
    second.close();
    throw unknownTo(to);
  }

  private static PeerException unknownTo(NodeId node) {
    return new PeerException(
        Kind.NOT_EXECUTED, node + " does not know us; do the secrets differ?", null);
  }

  /// @return whether the other node's clock was the reason of its refusal
  private boolean learnClock(NodeId to, Exchange refusal) {
    try (refusal) {
      String theirs =
          Reply.parseFrom(refusal.whole()).getDetailsOrDefault(PeerAuthenticator.CLOCK, "");
      if (theirs.isEmpty()) {
        return false;
      }
      ahead.put(to, Long.parseLong(theirs) - clock.millis());
      return true;
    } catch (PeerException | InvalidProtocolBufferException | NumberFormatException e) {
      return false;
    }
  }

  private Exchange sendOnce(PeerConnections by, NodeId to, Outgoing outgoing, Duration timeout) {
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
    Map<String, String> headers = new LinkedHashMap<>();
    headers.put("Content-Type", outgoing.contentType());
    headers.put("Accept", outgoing.accept());
    headers.put(Signature.HEADER, signature.signed(secret));
    if (!outgoing.idempotencyKey().isEmpty()) {
      headers.put("Idempotency-Key", outgoing.idempotencyKey());
    }
    return by.post(
        to, address, outgoing.path(), headers, outgoing.bytes(), outgoing.length(), timeout);
  }

  @Override
  public void close() {
    messages.close();
    calls.close();
    watchdog.shutdownNow();
  }
}
