package io.querator.chaos.check;

import io.querator.chaos.history.Entry;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// The rules about what the cluster tells of itself.
final class StateRules {
  private StateRules() {}

  static List<Violation> check(Evidence evidence) {
    List<Violation> violations = new ArrayList<>();
    evidence.rests().forEach(rest -> checkCounters(rest, violations));
    Map<String, Entry.Owner> owners = new HashMap<>();
    for (Entry.Owner owner : evidence.owners()) {
      Entry.Owner first = owners.putIfAbsent(owner.key() + " " + owner.epoch(), owner);
      if (first != null && !first.owner().equals(owner.owner())) {
        violations.add(
            new Violation(
                Rule.ONE_OWNER_PER_EPOCH,
                "epoch " + owner.epoch() + " of " + owner.key() + " has two owners",
                List.of(first, owner)));
      }
    }
    Evidence.by(evidence.fenced(), Entry.Fenced::node)
        .forEach((_, samples) -> checkFenced(evidence, samples, violations));
    return violations;
  }

  private static void checkCounters(Entry.Rest rest, List<Violation> violations) {
    String wrong = "";
    if (!rest.counted()) {
      wrong = "nobody tells its counters";
    } else if (rest.total() != rest.waiting().size() || rest.scheduled() != rest.due().size()) {
      wrong =
          "counted %d and %d scheduled, listed %d and %d"
              .formatted(rest.total(), rest.scheduled(), rest.waiting().size(), rest.due().size());
    }
    if (!wrong.isEmpty()) {
      String text = "%s %d: %s".formatted(rest.queue(), rest.partition(), wrong);
      violations.add(new Violation(Rule.COUNTERS_ARE_EXACT, text, List.of()));
    }
  }

  /// @param samples of one node, by time
  private static void checkFenced(
      Evidence evidence, List<Entry.Fenced> samples, List<Violation> violations) {
    Entry.Fenced last = null;
    for (Entry.Fenced sample : samples) {
      long since = last == null ? 0 : last.at();
      long before = last == null ? 0 : last.total();
      if (sample.total() > before
          && !evidence.disturbed(since, sample.at())
          && !evidence.failedOver(sample.node(), since, sample.at())) {
        violations.add(
            new Violation(
                Rule.NOBODY_IS_FENCED_BY_A_PLANNED_MOVE,
                sample.node() + ": " + (sample.total() - before) + " commits were fenced",
                List.of(sample)));
      }
      last = sample;
    }
  }
}
