package io.querator.cluster;

import io.querator.cluster.OwnershipCommand.Define;
import io.querator.cluster.OwnershipCommand.Evict;
import io.querator.cluster.OwnershipCommand.PartitionDefinition;
import io.querator.cluster.OwnershipCommand.Tick;
import io.querator.storage.PartitionKey;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;

/// What the node that leads writes into the log, for as long as it leads: what it heard in one
/// tick, at once if somebody has news, else when the next one is due.
///
/// For one thread at a time.
public final class Controller {
  /// Every so often time passes in the table.
  public static final long TICK_NANOS = 200_000_000;

  /// News wait so long for more of them, so that many nodes cost few commands.
  static final long NEWS_NANOS = 5_000_000;

  /// A port that refuses so often in a row belongs to no process any more.
  static final int REFUSALS = 2;

  /// How many processes' refusals are remembered.
  private static final int REFUSING_MAX = 256;

  private static final int NANOS_PER_MILLI = 1_000_000;

  private final UUID id;
  private final long leaseMillis;
  private final Map<NodeId, Renewal> heard = new LinkedHashMap<>();
  private final Map<UUID, Integer> refusals = new HashMap<>();
  private long tickedAt;
  private long newsAt = Long.MAX_VALUE;

  /// @param id fresh each time that a node begins to lead
  /// @param leaseMillis for how long a renewal holds
  /// @param nowNanos of a clock that never goes back, as everywhere here
  public Controller(UUID id, long leaseMillis, long nowNanos) {
    this.id = id;
    this.leaseMillis = leaseMillis;
    tickedAt = nowNanos;
  }

  /// A renewal has arrived. A later one of the same node replaces it, and repeats what is news.
  public void heard(Renewal renewal, long nowNanos) {
    refusals.remove(renewal.incarnation());
    heard.put(renewal.node(), renewal);
    if (!renewal.reports().isEmpty()) {
      newsAt = Math.min(newsAt, nowNanos);
    }
  }

  /// How long until [#tick] should be called, if nothing more is heard.
  public long waitNanos(long nowNanos) {
    long due = tickedAt + TICK_NANOS - nowNanos;
    long news = newsAt == Long.MAX_VALUE ? due : newsAt + NEWS_NANOS - nowNanos;
    return Math.max(0, Math.min(due, news));
  }

  /// What was heard since the last one.
  public Tick tick(long nowNanos) {
    long elapsed = Math.max(0, nowNanos - tickedAt) / NANOS_PER_MILLI;
    // what is less than a millisecond counts next time
    tickedAt += elapsed * NANOS_PER_MILLI;
    newsAt = Long.MAX_VALUE;
    Tick tick = new Tick(id, elapsed, leaseMillis, List.copyOf(heard.values()));
    heard.clear();
    return tick;
  }

  /// A node's port refuses connections.
  ///
  /// @return what to do once it has refused often enough
  public Optional<Evict> refused(NodeId node, UUID incarnation) {
    if (refusals.size() == REFUSING_MAX) {
      refusals.clear();
    }
    if (refusals.merge(incarnation, 1, Integer::sum) < REFUSALS) {
      return Optional.empty();
    }
    refusals.remove(incarnation);
    return Optional.of(new Evict(node, incarnation));
  }

  /// What makes the table know the partitions that there are.
  ///
  /// @return empty if it does
  public static Optional<Define> define(
      OwnershipView view, Collection<PartitionDefinition> partitions) {
    Set<PartitionKey> known = new HashSet<>();
    view.partitions().forEach(partition -> known.add(partition.key()));
    List<PartitionDefinition> added = new ArrayList<>();
    Set<PartitionKey> wanted = new HashSet<>();
    for (PartitionDefinition partition : partitions) {
      wanted.add(partition.key());
      if (!known.contains(partition.key())) {
        added.add(partition);
      }
    }
    List<PartitionKey> removed =
        view.partitions().stream()
            .map(Ownership::key)
            .filter(key -> !wanted.contains(key))
            .toList();
    return added.isEmpty() && removed.isEmpty()
        ? Optional.empty()
        : Optional.of(new Define(added, removed));
  }
}
