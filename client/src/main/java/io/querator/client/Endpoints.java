package io.querator.client;

import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.function.LongSupplier;

/// Hands out the addresses of nodes in turn, but for a while not those that could not be reached.
/// Thread-safe.
final class Endpoints {
  /// How long an address is passed over, if there is another.
  static final Duration REST = Duration.ofSeconds(1);

  private final List<String> bases;
  private final LongSupplier nanoTime;
  private final AtomicInteger turn = new AtomicInteger();

  /// For each address, the nanosecond from which on it is handed out again.
  private final AtomicLongArray restsUntil;

  Endpoints(List<URI> nodes, LongSupplier nanoTime) {
    this.bases = nodes.stream().map(Endpoints::withoutLastSlash).toList();
    this.nanoTime = nanoTime;
    this.restsUntil = new AtomicLongArray(bases.size());
    long now = nanoTime.getAsLong();
    for (int i = 0; i < bases.size(); i++) {
      restsUntil.set(i, now);
    }
  }

  private static String withoutLastSlash(URI node) {
    String text = node.toString();
    return text.endsWith("/") ? text.substring(0, text.length() - 1) : text;
  }

  Endpoint next() {
    int first = turn.getAndIncrement();
    long now = nanoTime.getAsLong();
    for (int i = 0; i < bases.size(); i++) {
      int index = Math.floorMod(first + i, bases.size());
      if (restsUntil.get(index) - now <= 0) {
        return new Endpoint(index, bases.get(index));
      }
    }
    int index = Math.floorMod(first, bases.size());
    return new Endpoint(index, bases.get(index));
  }

  void unreachable(Endpoint endpoint) {
    restsUntil.set(endpoint.index(), nanoTime.getAsLong() + REST.toNanos());
  }

  int count() {
    return bases.size();
  }

  /// One address of a node.
  record Endpoint(int index, String base) {
    URI at(String path) {
      return URI.create(base + path);
    }
  }
}
