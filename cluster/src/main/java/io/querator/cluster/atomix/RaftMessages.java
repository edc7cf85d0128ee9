package io.querator.cluster.atomix;

import io.atomix.cluster.MemberId;
import io.atomix.cluster.messaging.ClusterCommunicationService;
import io.querator.cluster.NodeId;
import io.querator.cluster.link.PeerException;
import io.querator.cluster.link.PeerLink;
import java.net.ConnectException;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeoutException;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// Raft's messages over our own links, in the place of Atomix's messaging: every one ends within a
/// time-out, and a voter's address is what this node's configuration says.
///
/// Only what `RaftServer` and `RaftClient` call is there. Messages to ourselves do not leave the
/// process. Safe for use by many threads.
final class RaftMessages implements ClusterCommunicationService {
  /// What Raft's messages begin with.
  static final String PREFIX = "raft/";

  private static final Duration TIMEOUT = Duration.ofSeconds(1);

  private final NodeId own;
  private final PeerLink link;
  private final Map<String, Function<byte[], CompletableFuture<byte[]>>> handlers =
      new ConcurrentHashMap<>();

  private volatile boolean closed;

  RaftMessages(NodeId own, PeerLink link) {
    this.own = own;
    this.link = link;
  }

  /// From now on nothing is sent or answered. A voter that is closed before it has joined, or that
  /// takes too long to end, would else go on to lead those who know it by its name.
  void close() {
    closed = true;
  }

  /// What Raft answers to a message.
  ///
  /// @return completes exceptionally if this voter is not there yet, or no more
  CompletableFuture<byte[]> answer(String subject, byte[] message) {
    Function<byte[], CompletableFuture<byte[]>> handler = closed ? null : handlers.get(subject);
    return handler == null
        ? CompletableFuture.failedFuture(new ConnectException("no handler of " + subject))
        : handler.apply(message);
  }

  @Override
  public <M, R> CompletableFuture<R> send(
      String subject,
      M message,
      Function<M, byte[]> encoder,
      Function<byte[], R> decoder,
      MemberId to,
      @Nullable Duration timeout) {
    if (closed) {
      return CompletableFuture.failedFuture(new ConnectException("closed"));
    }
    byte[] bytes = encoder.apply(message);
    if (to.id().equals(own.value())) {
      return answer(subject, bytes).thenApply(decoder);
    }
    CompletableFuture<R> answer = new CompletableFuture<>();
    Thread.ofVirtual()
        .name("raft-message")
        .start(() -> {
          try {
            byte[] reply = link.call(new NodeId(to.id()), PREFIX + subject, bytes, TIMEOUT);
            answer.complete(decoder.apply(reply));
          } catch (PeerException e) {
            answer.completeExceptionally(asAtomixKnowsIt(e));
          } catch (RuntimeException e) {
            answer.completeExceptionally(e);
          }
        });
    return answer;
  }

  private static Exception asAtomixKnowsIt(PeerException e) {
    return switch (e.kind()) {
      case REFUSED, NOT_EXECUTED -> new ConnectException(e.getMessage());
      case UNKNOWN -> new TimeoutException(e.getMessage());
    };
  }

  @Override
  public <M, R> CompletableFuture<Void> subscribe(
      String subject,
      Function<byte[], M> decoder,
      Function<M, CompletableFuture<R>> handler,
      Function<R, byte[]> encoder) {
    return register(subject, bytes -> handler.apply(decoder.apply(bytes)).thenApply(encoder));
  }

  @Override
  public <M, R> CompletableFuture<Void> subscribe(
      String subject,
      Function<byte[], M> decoder,
      Function<M, R> handler,
      Function<R, byte[]> encoder,
      Executor executor) {
    return register(
        subject,
        bytes ->
            CompletableFuture.supplyAsync(
                () -> encoder.apply(handler.apply(decoder.apply(bytes))), executor));
  }

  @Override
  public <M> CompletableFuture<Void> subscribe(
      String subject, Function<byte[], M> decoder, Consumer<M> handler, Executor executor) {
    return register(
        subject,
        bytes ->
            CompletableFuture.supplyAsync(
                () -> {
                  handler.accept(decoder.apply(bytes));
                  return new byte[0];
                },
                executor));
  }

  @Override
  public <M> CompletableFuture<Void> subscribe(
      String subject,
      Function<byte[], M> decoder,
      BiConsumer<MemberId, M> handler,
      Executor executor) {
    throw unused();
  }

  private CompletableFuture<Void> register(
      String subject, Function<byte[], CompletableFuture<byte[]>> handler) {
    handlers.put(subject, handler);
    return CompletableFuture.completedFuture(null);
  }

  @Override
  public void unsubscribe(String subject) {
    handlers.remove(subject);
  }

  /// Events to sessions: ours are on this node.
  @Override
  public <M> CompletableFuture<Void> unicast(
      String subject, M message, Function<M, byte[]> encoder, MemberId to, boolean reliable) {
    return send(subject, message, encoder, bytes -> bytes, to, TIMEOUT).thenApply(_ -> null);
  }

  @Override
  public <M> void broadcast(
      String subject, M message, Function<M, byte[]> encoder, boolean reliable) {
    throw unused();
  }

  @Override
  public <M> void broadcastIncludeSelf(
      String subject, M message, Function<M, byte[]> encoder, boolean reliable) {
    throw unused();
  }

  @Override
  public <M> void multicast(
      String subject, M message, Function<M, byte[]> encoder, Set<MemberId> to, boolean reliable) {
    throw unused();
  }

  private static UnsupportedOperationException unused() {
    return new UnsupportedOperationException("is not used by Raft");
  }
}
