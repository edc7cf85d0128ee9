package io.querator.node.service;

import static java.util.Objects.requireNonNull;

import io.querator.queue.LeaseAnswer;

/// What became of a lease call.
public sealed interface LeaseResult {
  /// It waited, or did not have to.
  record Answered(LeaseAnswer answer) implements LeaseResult {
    public Answered {
      requireNonNull(answer, "answer");
    }
  }

  /// The same client waits on this queue already.
  record DuplicateClient() implements LeaseResult {}

  /// Too many calls wait on this queue.
  record Full() implements LeaseResult {}
}
