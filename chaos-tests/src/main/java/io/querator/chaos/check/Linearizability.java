package io.querator.chaos.check;

import io.querator.chaos.history.Entry;
import io.querator.chaos.history.Result;
import io.querator.chaos.history.Span;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// [Rule#LINEARIZABLE], for the short histories of one partition whose every outcome is known.
///
/// The search is that of Wing and Gong, *Testing and Verifying Concurrent Objects* (1993), which
/// does not look again at a set of calls that has led to the same state before (Lowe, 2017). A
/// partition is a FIFO queue: produce and retry append, lease takes from the head. Since items are
/// dealt to several leases by turns, each item that a lease takes is a call of its own. A lease
/// that finds nothing says nothing, for a partition may be on its way between nodes; and while
/// something is broken, it may have leased items that it was not told of: such a history is left
/// out.
final class Linearizability {
  private static final String NO_QUEUE = "queue does not exist";

  private final List<Call> calls;
  private final Set<String> tried = new HashSet<>();

  private record Call(Span span, Step step) {}

  /// What a call does to a partition at one moment.
  private sealed interface Step {
    record Append(List<String> payloads) implements Step {}

    record Take(String payload, int attempts) implements Step {}

    /// @param done false: it was refused because not all are leased
    /// @param again whether they are appended
    record Settle(List<String> payloads, boolean done, boolean again) implements Step {}
  }

  private Linearizability(List<Call> calls) {
    this.calls = calls;
  }

  static List<Violation> check(Evidence evidence) {
    List<Violation> violations = new ArrayList<>();
    evidence
        .bursts()
        .forEach((queue, entries) -> {
          if (isKnown(entries, evidence) && !isLinearizable(entries)) {
            violations.add(
                new Violation(Rule.LINEARIZABLE, queue + ": no order explains it", entries));
          }
        });
    return violations;
  }

  /// How many histories can be judged.
  static long known(Evidence evidence) {
    return evidence.bursts().values().stream().filter(one -> isKnown(one, evidence)).count();
  }

  private static boolean isKnown(List<Entry> entries, Evidence evidence) {
    return entries.stream()
        .noneMatch(
            entry -> result(entry) == Result.UNKNOWN || isEmptyWhileDisturbed(entry, evidence));
  }

  private static boolean isEmptyWhileDisturbed(Entry entry, Evidence evidence) {
    return entry instanceof Entry.Lease lease
        && lease.items().isEmpty()
        && evidence.disturbed(lease.span().start(), lease.span().end());
  }

  private static Result result(Entry entry) {
    return switch (entry) {
      case Entry.Produce produce -> produce.result();
      case Entry.Lease lease -> lease.result();
      case Entry.Complete complete -> complete.result();
      case Entry.Retry retry -> retry.result();
      default -> throw new IllegalArgumentException("not a call: " + entry);
    };
  }

  static boolean isLinearizable(List<Entry> entries) {
    List<Call> calls = entries.stream().flatMap(Linearizability::effective).toList();
    return new Linearizability(calls).search(new BitSet(), new State(List.of(), new TreeMap<>()));
  }

  /// Those that change something, or say that something is not there.
  private static Stream<Call> effective(Entry entry) {
    return switch (entry) {
      case Entry.Produce produce when produce.result() == Result.OK ->
          Stream.of(new Call(produce.span(), new Step.Append(produce.payloads())));
      case Entry.Lease lease ->
          lease.items().stream()
              .map(item -> new Call(lease.span(), new Step.Take(item.payload(), item.attempts())));
      case Entry.Complete complete when isJudged(complete.result(), complete.answer()) ->
          Stream.of(new Call(complete.span(), settle(complete.items(), complete.result(), false)));
      case Entry.Retry retry when isJudged(retry.result(), retry.answer()) ->
          Stream.of(new Call(retry.span(), settle(retry.items(), retry.result(), true)));
      default -> Stream.empty();
    };
  }

  private static Step settle(List<Entry.Held> items, Result result, boolean again) {
    return new Step.Settle(
        items.stream().map(Entry.Held::payload).toList(), result == Result.OK, again);
  }

  /// A refusal because of load or a move says nothing, nor does that of a node that has not heard
  /// of the queue; one because of the items does.
  private static boolean isJudged(Result result, @Nullable String answer) {
    return result == Result.OK
        || (answer != null && answer.startsWith("400 ") && !answer.contains(NO_QUEUE));
  }

  private boolean search(BitSet done, State state) {
    if (done.cardinality() == calls.size()) {
      return true;
    }
    if (!tried.add(done + " " + state)) {
      return false;
    }
    long firstEnd = Long.MAX_VALUE;
    for (int i = done.nextClearBit(0); i < calls.size(); i = done.nextClearBit(i + 1)) {
      firstEnd = Math.min(firstEnd, calls.get(i).span().end());
    }
    for (int i = done.nextClearBit(0); i < calls.size(); i = done.nextClearBit(i + 1)) {
      if (calls.get(i).span().start() <= firstEnd) {
        Optional<State> next = state.after(calls.get(i).step());
        if (next.isPresent()) {
          BitSet more = (BitSet) done.clone();
          more.set(i);
          if (search(more, next.get())) {
            return true;
          }
        }
      }
    }
    return false;
  }

  /// An item that waits.
  private record Waiting(String payload, int attempts) {}

  /// @param ready from the head on
  /// @param leased attempts by payload
  private record State(List<Waiting> ready, TreeMap<String, Integer> leased) {
    /// @return empty if it cannot have been answered so
    Optional<State> after(Step step) {
      return switch (step) {
        case Step.Append(var payloads) -> {
          List<Waiting> more = new ArrayList<>(ready);
          payloads.forEach(payload -> more.add(new Waiting(payload, 0)));
          yield Optional.of(new State(more, leased));
        }
        case Step.Take(var payload, var attempts) -> take(payload, attempts);
        case Step.Settle settle -> settle(settle);
      };
    }

    private Optional<State> take(String payload, int attempts) {
      if (ready.isEmpty() || !ready.getFirst().equals(new Waiting(payload, attempts - 1))) {
        return Optional.empty();
      }
      TreeMap<String, Integer> more = new TreeMap<>(leased);
      more.put(payload, attempts);
      return Optional.of(new State(ready.subList(1, ready.size()), more));
    }

    private Optional<State> settle(Step.Settle settle) {
      if (leased.keySet().containsAll(settle.payloads) != settle.done) {
        return Optional.empty();
      }
      if (!settle.done) {
        return Optional.of(this);
      }
      TreeMap<String, Integer> fewer = new TreeMap<>(leased);
      List<Waiting> more = new ArrayList<>(ready);
      for (String payload : settle.payloads) {
        int attempts = Objects.requireNonNull(fewer.remove(payload), payload);
        if (settle.again) {
          more.add(new Waiting(payload, attempts));
        }
      }
      return Optional.of(new State(more, fewer));
    }
  }
}
