package io.querator.chaos.check;

import io.querator.chaos.history.Entry;
import java.util.List;

/// A rule that a history breaks.
///
/// @param text what is wrong, for people
/// @param evidence the entries that show it
public record Violation(Rule rule, String text, List<Entry> evidence) {
  public Violation {
    evidence = List.copyOf(evidence);
  }
}
