package io.querator.node.health;

import static java.util.Objects.requireNonNull;

import java.time.Instant;

/// What asking a storage came to.
///
/// @param at when it answered, or was given up
/// @param problem why it does not work; empty if it does
record StorageStatus(Instant at, String problem) {
  StorageStatus {
    requireNonNull(at, "at");
    requireNonNull(problem, "problem");
  }

  boolean works() {
    return problem.isEmpty();
  }
}
