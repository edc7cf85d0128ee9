package io.querator.node.service;

import static java.util.Objects.requireNonNull;

import io.querator.queue.Outcome;

/// What became of a command, and where.
///
/// @param partition the number within its queue
public record Placed<R>(int partition, Outcome<R> outcome) {
  public Placed {
    requireNonNull(outcome, "outcome");
  }
}
