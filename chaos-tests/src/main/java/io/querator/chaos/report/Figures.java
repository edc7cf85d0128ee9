package io.querator.chaos.report;

import io.querator.chaos.check.Checker;
import io.querator.chaos.history.Entry;
import io.querator.chaos.history.Result;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// The figures of a run.
///
/// @param items acknowledged
/// @param deliveries items in answers of lease calls
/// @param retried deliveries that follow a retry
/// @param ranOut deliveries that follow a lease which ran out
/// @param refused calls that were answered with 454, or could not reach a node
/// @param unknown calls whose outcome nobody knows
public record Figures(
    long calls,
    long items,
    long deliveries,
    long retried,
    long ranOut,
    long refused,
    long unknown,
    long bursts,
    int faults,
    int violations,
    List<Service.Gaps> gaps) {
  private static final String BUSY = "454 ";
  private static final String NO_ANSWER = "0 ";

  public Figures {
    gaps = List.copyOf(gaps);
  }

  static Figures of(List<Entry> history, Checker.Verdict verdict) {
    Counter counter = new Counter();
    history.forEach(counter::take);
    List<Entry.Fault> faults = Service.faults(history);
    return new Figures(
        counter.calls,
        counter.items,
        counter.deliveries,
        counter.retried,
        counter.ranOut,
        counter.refused,
        counter.unknown,
        verdict.bursts(),
        faults.size(),
        verdict.violations().size(),
        new Service(history).byKind(faults));
  }

  /// Goes over a history once, in its order.
  private static final class Counter {
    private final Set<String> produced = new HashSet<>();
    private final Map<String, String> lastId = new HashMap<>();
    private final Set<String> retriedIds = new HashSet<>();
    private long calls;
    private long items;
    private long deliveries;
    private long retried;
    private long ranOut;
    private long refused;
    private long unknown;

    void take(Entry entry) {
      switch (entry) {
        case Entry.Produce produce -> {
          count(produce.result(), produce.answer());
          if (produce.result() == Result.OK) {
            items += produce.payloads().stream().filter(produced::add).count();
          }
        }
        case Entry.Lease lease -> {
          count(lease.result(), lease.answer());
          lease.items().forEach(this::take);
        }
        case Entry.Complete complete -> count(complete.result(), complete.answer());
        case Entry.Retry retry -> {
          count(retry.result(), retry.answer());
          if (retry.result() != Result.FAILED) {
            retry.items().forEach(held -> retriedIds.add(held.id()));
          }
        }
        case Entry.Setup _,
            Entry.Queue _,
            Entry.Fault _,
            Entry.Owner _,
            Entry.Fenced _,
            Entry.Failover _,
            Entry.Rest _ -> {}
      }
    }

    private void take(Entry.Leased item) {
      deliveries++;
      String before = lastId.put(item.payload(), item.id());
      if (before != null) {
        if (retriedIds.contains(before)) {
          retried++;
        } else {
          ranOut++;
        }
      }
    }

    private void count(Result result, @Nullable String answer) {
      calls++;
      switch (result) {
        case OK -> {}
        case UNKNOWN -> unknown++;
        case FAILED -> {
          if (answer != null && (answer.startsWith(BUSY) || answer.startsWith(NO_ANSWER))) {
            refused++;
          }
        }
      }
    }
  }

  /// A line.
  @Override
  public String toString() {
    return String.format(
        Locale.ROOT,
        "%d violations; %d faults, %d calls, %d items, %d deliveries (%d after a retry, %d after a"
            + " lease that ran out), %d calls refused, %d unknown, %d bursts%s",
        violations,
        faults,
        calls,
        items,
        deliveries,
        retried,
        ranOut,
        refused,
        unknown,
        bursts,
        gaps.stream().map(one -> "\n  " + one.text()).collect(Collectors.joining()));
  }
}
