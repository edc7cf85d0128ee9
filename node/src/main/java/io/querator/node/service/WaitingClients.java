package io.querator.node.service;

import io.querator.cluster.NodeId;
import io.querator.storage.Micros;
import java.time.InstantSource;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/// The clients that wait, on any node, for queues whose lowest partition is owned here: a client
/// may wait on one node only. A place is a hint: before anybody is refused for it, its node is
/// asked. Safe for use by many threads.
final class WaitingClients {
  /// Further ones are not remembered, and may wait.
  private static final int MAX = 1_000_000;

  private final InstantSource clock;
  private final Holders holders;
  private final Map<Key, Place> places = new ConcurrentHashMap<>();

  /// Where clients wait.
  @FunctionalInterface
  interface Holders {
    /// See [Registrations#yields].
    ///
    /// @param node null: this one
    boolean yield(@Nullable NodeId node, String queue, String client, long begun);
  }

  private record Key(String queue, String client) {}

  /// @param node null: this one
  /// @param until microseconds since 1970
  private record Place(@Nullable NodeId node, long until) {}

  WaitingClients(InstantSource clock, Holders holders) {
    this.clock = clock;
    this.holders = holders;
  }

  /// A client waits on `node`.
  ///
  /// @param node null: this one
  /// @param begun since when, in microseconds since 1970
  /// @param until for how long at most, in microseconds since 1970
  /// @return false if it waits on another one, since before
  boolean begin(@Nullable NodeId node, String queue, String client, long begun, long until) {
    long now = Micros.of(clock.instant());
    if (places.size() >= MAX) {
      places.values().removeIf(place -> place.until() < now);
    }
    Key key = new Key(queue, client);
    Place mine = new Place(node, until);
    while (places.size() < MAX) {
      Place kept =
          places.merge(
              key,
              mine,
              (before, after) -> before.until() < now || isOf(before, node) ? after : before);
      if (isOf(kept, node)) {
        return true;
      }
      if (!holders.yield(kept.node(), queue, client, begun)) {
        return false;
      }
      places.remove(key, kept);
    }
    return true;
  }

  private static boolean isOf(Place place, @Nullable NodeId node) {
    return Objects.equals(place.node(), node);
  }

  void end(@Nullable NodeId node, String queue, String client) {
    places.computeIfPresent(new Key(queue, client), (_, place) -> isOf(place, node) ? null : place);
  }
}
