package io.querator.storage;

import static java.util.Objects.requireNonNull;

import java.util.Comparator;

/// What a partition remembers of a key that it has seen.
///
/// @param hash of the key
/// @param minute when it was seen, in minutes since 1970-01-01T00:00Z; [#KEPT] for one that stays
///   until removed
/// @param request hash of the request that came with it
/// @param first position that the request was given
/// @param count of its items
public record KeyEntry(KeyHash hash, int minute, KeyHash request, long first, int count) {
  /// The minute of a key that is not pruned by age: a source id, or the key of a dead-letter move.
  public static final int KEPT = Integer.MAX_VALUE;

  /// The order in which all keys of a partition are read: by minute, then by hash; [#KEPT] ones are
  /// the last.
  public static final Comparator<KeyEntry> ORDER =
      Comparator.comparingInt(KeyEntry::minute).thenComparing(KeyEntry::hash);

  public KeyEntry {
    requireNonNull(hash, "hash");
    requireNonNull(request, "request");
  }
}
