package io.querator.cluster;

import io.querator.cluster.Ownership.State;
import io.querator.cluster.Renewal.Fate;
import io.querator.cluster.Renewal.Report;
import io.querator.storage.PartitionKey;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// What one process holds, and does when the table says something else: a pure state machine, whose
/// steps are opening a partition and letting it go.
///
/// A partition is opened by the decision (generation, version) that assigned it, so that the
/// database refuses one that has been overtaken. A process goes on with what it holds as long as
/// the database lets it, whatever it hears or does not hear.
///
/// For one thread at a time.
public final class Holdings {
  private final NodeId node;
  private final UUID incarnation;
  private final Map<PartitionKey, Held> held = new HashMap<>();
  private final Map<PartitionKey, Report> reports = new TreeMap<>();
  private long generation;
  private long index;
  private long news;

  /// What the table said last. A view of the same table that differs in nothing but leases has the
  /// same list.
  private List<Ownership> followed = List.of();

  /// Of it, what is this process's.
  private Map<PartitionKey, Ownership> mine = Map.of();

  public Holdings(NodeId node, UUID incarnation) {
    this.node = node;
    this.incarnation = incarnation;
  }

  private enum Phase {
    OPENING,
    OPEN,
    CLOSING
  }

  private record Held(Decision decision, Phase phase, long epoch) {
    Held in(Phase next) {
      return new Held(decision, next, epoch);
    }

    long version() {
      return decision.version();
    }
  }

  /// One of the table's, by which a partition is opened.
  public record Decision(long generation, long version) {}

  /// What is to be done.
  public sealed interface Step {
    /// Open the partition in the database, then answer with [#opened] or [#lost].
    ///
    /// @param seen the highest epoch that is known of
    record Open(PartitionKey key, Decision decision, long seen) implements Step {}

    /// End the partition here, then answer with [#closed].
    record Close(PartitionKey key) implements Step {}
  }

  /// Follows the table.
  ///
  /// @param view older ones than the last are ignored
  /// @return what is to be done now
  public List<Step> follow(OwnershipView view) {
    if (view.generation() < generation
        || (view.generation() == generation && view.index() <= index)) {
      return List.of();
    }
    boolean unchanged = view.generation() == generation && view.partitions() == followed;
    generation = view.generation();
    index = view.index();
    if (unchanged) {
      return List.of();
    }
    followed = view.partitions();
    mine =
        followed.stream()
            .filter(partition -> partition.isOf(node, incarnation))
            .collect(Collectors.toMap(Ownership::key, Function.identity()));
    Set<PartitionKey> keys = new LinkedHashSet<>(held.keySet());
    keys.addAll(mine.keySet());
    keys.addAll(reports.keySet());
    return keys.stream().flatMap(key -> next(key).stream()).toList();
  }

  /// What is to be done with a partition now. The table, as long as it does not change, says
  /// nothing again: so this is asked, too, when an answer has come.
  private List<Step> next(PartitionKey key) {
    List<Step> steps = new ArrayList<>();
    Ownership partition = mine.get(key);
    Held has = held.get(key);
    if (partition != null) {
      follow(partition, steps);
    } else if (has != null && has.phase() == Phase.OPEN) {
      steps.add(new Step.Close(key));
    }
    steps.forEach(this::begin);
    Report report = reports.get(key);
    if (report != null && !isNews(report, partition)) {
      reports.remove(key);
    }
    return steps;
  }

  private void follow(Ownership partition, List<Step> steps) {
    PartitionKey key = partition.key();
    Held has = held.get(key);
    switch (partition.state()) {
      case ASSIGNED, SERVING -> {
        if (has == null && !isReleased(partition)) {
          Decision decision = new Decision(generation, partition.version());
          steps.add(new Step.Open(key, decision, partition.epoch()));
        } else if (has != null && has.phase() == Phase.OPEN) {
          followOpen(partition, has, steps);
        }
      }
      case RELEASING -> {
        if (has == null && !isReleased(partition)) {
          report(key, partition.version(), 0, Fate.RELEASED);
        } else if (has != null && has.phase() == Phase.OPEN) {
          steps.add(new Step.Close(key));
        }
      }
      case FREE -> throw new IllegalStateException("a free partition has no owner");
    }
  }

  private void followOpen(Ownership partition, Held has, List<Step> steps) {
    if (!has.decision().equals(new Decision(generation, partition.version()))) {
      // assigned to us anew: the decision that we opened it by is not the last one
      steps.add(new Step.Close(partition.key()));
    } else if (partition.state() == State.ASSIGNED) {
      report(partition.key(), has.version(), has.epoch(), Fate.OPENED);
    }
  }

  private boolean isReleased(Ownership partition) {
    Report report = reports.get(partition.key());
    return report != null
        && report.version() == partition.version()
        && report.fate() == Fate.RELEASED;
  }

  private void begin(Step step) {
    switch (step) {
      case Step.Open(var key, var decision, _) ->
          held.put(key, new Held(decision, Phase.OPENING, 0));
      case Step.Close(var key) -> held.computeIfPresent(key, (_, has) -> has.in(Phase.CLOSING));
    }
  }

  private static boolean isNews(Report report, @Nullable Ownership now) {
    return now != null
        && now.version() == report.version()
        && (report.fate() == Fate.RELEASED || now.state() == State.ASSIGNED);
  }

  /// The database let us have the partition.
  ///
  /// @param by of the step that is answered
  /// @return what is to be done now
  public List<Step> opened(PartitionKey key, Decision by, long epoch) {
    Held has = held.get(key);
    if (has == null || has.phase() != Phase.OPENING || !has.decision().equals(by)) {
      return List.of();
    }
    held.put(key, new Held(by, Phase.OPEN, epoch));
    report(key, by.version(), epoch, Fate.OPENED);
    return next(key);
  }

  /// It did not, or somebody else has opened it since; nothing is written to it under this decision
  /// any more. May come late, when another decision has followed, and while the partition is closed
  /// anyway.
  ///
  /// @param by of the step that is answered
  /// @param epoch the highest that was heard of, or 0
  /// @return what is to be done now
  public List<Step> lost(PartitionKey key, Decision by, long epoch) {
    Held has = held.get(key);
    if (has == null || !has.decision().equals(by)) {
      return List.of();
    }
    long highest = Math.max(epoch, has.epoch());
    if (has.phase() == Phase.CLOSING) {
      held.put(key, new Held(by, Phase.CLOSING, highest));
      return List.of();
    }
    return released(key, has, highest);
  }

  /// The partition has ended here, asked for or not; nothing is written to it any more. Must come
  /// once for each [Step.Close].
  ///
  /// @return what is to be done now
  public List<Step> closed(PartitionKey key) {
    Held has = held.get(key);
    return has == null ? List.of() : released(key, has, has.epoch());
  }

  private List<Step> released(PartitionKey key, Held has, long epoch) {
    held.remove(key);
    report(key, has.version(), epoch, Fate.RELEASED);
    return next(key);
  }

  private void report(PartitionKey key, long version, long epoch, Fate fate) {
    Report report = new Report(key, version, epoch, fate);
    if (!report.equals(reports.put(key, report))) {
      news++;
    }
  }

  /// The highest generation that was heard of.
  public long generation() {
    return generation;
  }

  /// How often [#reports] have got something new to tell.
  public long news() {
    return news;
  }

  /// What the controller has not shown to know yet.
  public List<Report> reports() {
    return List.copyOf(reports.values());
  }
}
