package io.querator.node.config;

import java.util.Collection;
import java.util.Comparator;
import java.util.Optional;

/// Finds what somebody probably meant.
final class Nearest {
  private Nearest() {}

  /// The candidate nearest to `text`, none if even that is another word altogether.
  static Optional<String> to(String text, Collection<String> candidates) {
    int tolerated = Math.min(5, Math.max(1, text.length() / 3));
    return candidates.stream()
        .min(Comparator.comparingInt(candidate -> distance(text, candidate)))
        .filter(candidate -> distance(text, candidate) <= tolerated);
  }

  /// How many characters have to be added, removed, replaced or swapped with their neighbour
  /// (optimal string alignment).
  static int distance(String a, String b) {
    int[] twoAgo = new int[b.length() + 1];
    int[] previous = new int[b.length() + 1];
    int[] current = new int[b.length() + 1];
    for (int j = 0; j <= b.length(); j++) {
      previous[j] = j;
    }
    for (int i = 1; i <= a.length(); i++) {
      current[0] = i;
      for (int j = 1; j <= b.length(); j++) {
        boolean same = a.charAt(i - 1) == b.charAt(j - 1);
        int least = Math.min(previous[j], current[j - 1]) + 1;
        least = Math.min(least, previous[j - 1] + (same ? 0 : 1));
        boolean swapped =
            i > 1
                && j > 1
                && a.charAt(i - 1) == b.charAt(j - 2)
                && a.charAt(i - 2) == b.charAt(j - 1);
        current[j] = swapped ? Math.min(least, twoAgo[j - 2] + 1) : least;
      }
      int[] spare = twoAgo;
      twoAgo = previous;
      previous = current;
      current = spare;
    }
    return previous[b.length()];
  }
}
