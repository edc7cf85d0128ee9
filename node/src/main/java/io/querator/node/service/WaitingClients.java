package io.querator.node.service;

import io.querator.cluster.NodeId;
import io.querator.storage.Micros;
import java.time.InstantSource;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/// The clients that wait on other nodes for queues whose lowest partition is owned here: a client
/// may wait on one node only. Safe for use by many threads.
final class WaitingClients {
  /// Further ones are not remembered, and may wait.
  private static final int MAX = 1_000_000;

  private final InstantSource clock;
  private final Map<Key, Place> places = new ConcurrentHashMap<>();

  private record Key(String queue, String client) {}

  /// @param until microseconds since 1970
  private record Place(NodeId node, long until) {}

  WaitingClients(InstantSource clock) {
    this.clock = clock;
  }

  /// A client begins to wait on `node`.
  ///
  /// @param until microseconds since 1970
  /// @return false if it waits on another one
  boolean begin(NodeId node, String queue, String client, long until) {
    long now = Micros.of(clock.instant());
    if (places.size() >= MAX) {
      places.values().removeIf(place -> place.until() < now);
    }
    if (places.size() >= MAX) {
      return true;
    }
    Place mine = new Place(node, until);
    Place kept =
        places.merge(
            new Key(queue, client),
            mine,
            (before, after) -> before.node().equals(node) || before.until() < now ? after : before);
    return kept.node().equals(node);
  }

  void end(NodeId node, String queue, String client) {
    places.computeIfPresent(
        new Key(queue, client), (_, place) -> place.node().equals(node) ? null : place);
  }

  /// A node is gone, and nobody waits there.
  void forget(NodeId node) {
    places.values().removeIf(place -> place.node().equals(node));
  }

  /// Whether the client waits on another node.
  boolean waits(String queue, String client) {
    Place place = places.get(new Key(queue, client));
    return place != null && place.until() >= Micros.of(clock.instant());
  }
}
