package io.querator.chaos.check;

import io.querator.chaos.history.Entry;
import java.util.ArrayList;
import java.util.List;

/// Says which rules a history breaks. It knows nothing of the run but what its entries tell.
public final class Checker {
  private Checker() {}

  /// What was found.
  ///
  /// @param bursts how many short histories were searched for an order
  public record Verdict(List<Violation> violations, long bursts) {}

  /// @throws IllegalStateException if it is not a whole history
  public static Verdict check(List<Entry> history) {
    Evidence evidence = Evidence.of(history);
    List<Violation> violations = new ArrayList<>();
    violations.addAll(ItemRules.check(evidence));
    violations.addAll(OrderRule.check(evidence));
    violations.addAll(StateRules.check(evidence));
    violations.addAll(Linearizability.check(evidence));
    return new Verdict(List.copyOf(violations), Linearizability.known(evidence));
  }
}
