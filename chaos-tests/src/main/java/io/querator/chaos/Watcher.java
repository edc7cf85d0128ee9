package io.querator.chaos;

import com.fasterxml.jackson.databind.JsonNode;
import io.querator.chaos.cluster.Cluster;
import io.querator.chaos.history.Entry;
import io.querator.chaos.history.History;
import io.querator.chaos.history.Span;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/// Asks the nodes, one after the other, who owns what and what they have done about failures, and
/// records what has changed.
final class Watcher {
  private static final double NANOS_PER_SECOND = TimeUnit.SECONDS.toNanos(1);

  private final Cluster cluster;
  private final History history;
  private final LongSupplier clock;
  private final Map<String, Entry.Owner> owners = new HashMap<>();
  private final Set<Failover> failovers = new HashSet<>();
  private int turns;

  /// What all nodes tell alike of one that is over, and what two of them hardly share.
  private record Failover(String node, String cause, double seconds, int partitions) {}

  /// @param clock in nanoseconds since the run began
  Watcher(Cluster cluster, History history, LongSupplier clock) {
    this.cluster = cluster;
    this.history = history;
    this.clock = clock;
  }

  void askNext() throws InterruptedException {
    List<String> names = cluster.living();
    if (names.isEmpty()) {
      return;
    }
    String name = names.get(turns++ % names.size());
    cluster
        .page(name)
        .ifPresent(page -> {
          long at = clock.getAsLong();
          page.path("partitions").forEach(partition -> takePartition(partition, name, at));
          page.path("failovers").forEach(failover -> takeFailover(failover, at));
        });
    cluster
        .fenced(name)
        .ifPresent(total -> history.add(new Entry.Fenced(clock.getAsLong(), name, total)));
  }

  private void takePartition(JsonNode partition, String seenBy, long at) {
    if (!partition.path("state").asText().equals("serving")) {
      return;
    }
    String key = partition.path("key").asText();
    String node = partition.path("owner").asText();
    long epoch = partition.path("epoch").asLong();
    Entry.Owner last = owners.get(key);
    if (last == null || last.epoch() != epoch || !last.owner().equals(node)) {
      Entry.Owner owner = new Entry.Owner(at, seenBy, key, node, epoch);
      owners.put(key, owner);
      history.add(owner);
    }
  }

  /// One that is over; the others will be.
  private void takeFailover(JsonNode failover, long at) {
    if (failover.path("not_served_yet").asInt() > 0) {
      return;
    }
    Failover one =
        new Failover(
            failover.path("node").asText(),
            failover.path("cause").asText(),
            failover.path("seconds").asDouble(),
            failover.path("partitions").asInt());
    if (failovers.add(one)) {
      long start = at - nanos(failover.path("seconds_ago").asDouble());
      Span span = new Span(start, start + nanos(one.seconds()));
      history.add(new Entry.Failover(span, one.node(), one.cause()));
    }
  }

  private static long nanos(double seconds) {
    return (long) (seconds * NANOS_PER_SECOND);
  }
}
