package io.querator.storage;

import static java.util.Objects.requireNonNull;

/// One lease call's hold on items, kept so that a new owner knows every live lease. The arrays are
/// not copied.
///
/// A position that no longer has a row is gone from the lease.
///
/// @param id numbered like a ready position
/// @param client the consumer's id
/// @param deadline in microseconds since 1970-01-01T00:00Z by the database's clock
/// @param positions rising
/// @param attempts of each position, this lease counted
public record StoredLease(long id, String client, long deadline, long[] positions, int[] attempts) {
  public StoredLease {
    requireNonNull(client, "client");
    if (positions.length == 0 || positions.length != attempts.length) {
      throw new IllegalArgumentException(
          "a lease of " + positions.length + " positions and " + attempts.length + " attempts");
    }
  }
}
