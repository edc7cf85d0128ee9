package io.querator.node.service;

import io.querator.cluster.NodeId;
import io.querator.node.service.Peers.Answer;
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
  private static final int MAX = 100_000;

  /// With so many places those whose time has passed are looked for, at most so often.
  private static final int PURGE_MIN = 1_000;

  private static final long PURGE_MICROS = 1_000_000;

  private final InstantSource clock;
  private final Holders holders;
  private final Map<Key, Place> places = new ConcurrentHashMap<>();
  private volatile int purgeAt = PURGE_MIN;
  private volatile long purgedAt;

  /// Where clients wait.
  @FunctionalInterface
  interface Holders {
    /// Whether `call` may wait although its client waits on `node`: see [Registrations#yields].
    ///
    /// @param node null: this one
    Answer yields(@Nullable NodeId node, WaitingCall call);
  }

  private record Key(String queue, String client) {
    static Key of(WaitingCall call) {
      return new Key(call.queue(), call.client());
    }
  }

  /// @param node null: this one
  /// @param begun microseconds since 1970
  /// @param until microseconds since 1970
  private record Place(@Nullable NodeId node, long token, long begun, long until) {
    boolean isOn(@Nullable NodeId other) {
      return Objects.equals(node, other);
    }

    /// Of a client's calls on one node the last one waits there: the others have ended.
    boolean isFollowedBy(Place other, long now) {
      return until < now || isOn(other.node) && begun <= other.begun;
    }
  }

  WaitingClients(InstantSource clock, Holders holders) {
    this.clock = clock;
    this.holders = holders;
  }

  /// A call waits on `node`.
  ///
  /// @param node null: this one
  /// @return no if its client waits on another one, since before; unknown if that one cannot be
  ///   asked, and has not been left either
  Answer begin(@Nullable NodeId node, WaitingCall call) {
    long now = Micros.of(clock.instant());
    purge(now);
    Key key = Key.of(call);
    Place mine = new Place(node, call.token(), call.begun(), call.until());
    while (places.size() < MAX) {
      Place kept =
          places.merge(
              key, mine, (before, after) -> before.isFollowedBy(after, now) ? after : before);
      if (kept.isOn(node)) {
        return Answer.YES;
      }
      Answer yields = holders.yields(kept.node(), call);
      if (yields != Answer.YES) {
        return yields;
      }
      places.remove(key, kept);
    }
    return Answer.YES;
  }

  private void purge(long now) {
    if (places.size() >= purgeAt && now - purgedAt >= PURGE_MICROS) {
      purgedAt = now;
      places.values().removeIf(place -> place.until() < now);
      purgeAt = Math.clamp(2L * places.size(), PURGE_MIN, MAX);
    }
  }

  /// The call waits on `node` no more.
  ///
  /// @param node null: this one
  void end(@Nullable NodeId node, String queue, String client, long token) {
    places.computeIfPresent(
        new Key(queue, client),
        (_, place) -> place.isOn(node) && place.token() == token ? null : place);
  }
}
