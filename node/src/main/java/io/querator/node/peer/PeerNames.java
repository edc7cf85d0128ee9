package io.querator.node.peer;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/// The addresses of other nodes' hosts. A look-up has no time-out, but its callers have one: each
/// runs on a thread of its own, one for a name at a time, and where it fails or takes too long,
/// what it gave before holds. Safe for use by many threads.
final class PeerNames {
  private static final Duration LOOKUP_TIMEOUT = Duration.ofSeconds(1);
  private static final Duration FRESH = Duration.ofSeconds(10);

  private final Names names;
  private final long freshNanos;
  private final Map<String, Found> found = new ConcurrentHashMap<>();
  private final Map<String, CompletableFuture<InetAddress>> underWay = new ConcurrentHashMap<>();

  private record Found(InetAddress address, long at) {}

  /// As [InetAddress#getByName].
  @FunctionalInterface
  interface Names {
    InetAddress lookUp(String host) throws UnknownHostException;
  }

  PeerNames(Names names) {
    this(names, FRESH);
  }

  /// @param fresh for how long a name is not looked up again
  PeerNames(Names names, Duration fresh) {
    this.names = names;
    freshNanos = fresh.toNanos();
  }

  /// @param host a name, or an address without brackets
  /// @param timeout for all of it
  /// @throws UnknownHostException if there is none, or none is found in time
  InetAddress address(String host, Duration timeout) throws UnknownHostException {
    Found known = found.get(host);
    if (known != null && System.nanoTime() - known.at < freshNanos) {
      return known.address;
    }
    Duration wait = timeout.compareTo(LOOKUP_TIMEOUT) < 0 ? timeout : LOOKUP_TIMEOUT;
    try {
      return underWay.computeIfAbsent(host, this::start).get(wait.toNanos(), TimeUnit.NANOSECONDS);
    } catch (ExecutionException | TimeoutException e) {
      return known(host, known, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw unknown(host, e);
    }
  }

  private static InetAddress known(String host, @Nullable Found known, Exception why)
      throws UnknownHostException {
    if (known == null) {
      throw unknown(host, why);
    }
    return known.address;
  }

  private static UnknownHostException unknown(String host, Exception cause) {
    UnknownHostException unknown = new UnknownHostException(host);
    unknown.initCause(cause);
    return unknown;
  }

  private CompletableFuture<InetAddress> start(String host) {
    CompletableFuture<InetAddress> answer = new CompletableFuture<>();
    Thread.ofVirtual().name("peer-lookup").start(() -> lookUp(host, answer));
    return answer;
  }

  private void lookUp(String host, CompletableFuture<InetAddress> answer) {
    try {
      InetAddress address = names.lookUp(host);
      found.put(host, new Found(address, System.nanoTime()));
      underWay.remove(host, answer);
      answer.complete(address);
    } catch (UnknownHostException | RuntimeException e) {
      underWay.remove(host, answer);
      answer.completeExceptionally(e);
    }
  }
}
