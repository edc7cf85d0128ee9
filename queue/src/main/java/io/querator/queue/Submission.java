package io.querator.queue;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;

/// A command on its way through a partition, and the promise of its outcome.
///
/// Either the loop takes it or its caller withdraws it, never both.
final class Submission<R> {
  final Command<R> command;
  final long deadline;
  final CompletableFuture<Outcome<R>> outcome = new CompletableFuture<>();
  private final AtomicReference<State> state = new AtomicReference<>(State.QUEUED);

  private enum State {
    QUEUED,
    TAKEN,
    WITHDRAWN
  }

  /// @param deadline microseconds since 1970; not executed after that
  Submission(Command<R> command, long deadline) {
    this.command = command;
    this.deadline = deadline;
  }

  /// The loop begins to execute it.
  boolean take() {
    return state.compareAndSet(State.QUEUED, State.TAKEN);
  }

  /// Whether it is neither taken nor withdrawn.
  boolean isQueued() {
    return state.get() == State.QUEUED;
  }

  /// The caller gives up on it; it will not be executed.
  ///
  /// @return false if the loop has taken it
  boolean withdraw() {
    return state.compareAndSet(State.QUEUED, State.WITHDRAWN);
  }

  void done(R value) {
    outcome.complete(new Outcome.Done<>(value));
  }

  void end(Outcome<R> end) {
    outcome.complete(end);
  }
}
