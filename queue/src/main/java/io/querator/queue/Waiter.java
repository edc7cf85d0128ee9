package io.querator.queue;

import static java.util.Objects.requireNonNull;

import io.querator.storage.PartitionKey;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/// One lease call that waits for items, in the [WaitingRoom] of its queue.
///
/// Its state is owned by the room; the answer is read by whoever called.
public final class Waiter {
  final String clientId;
  final int batchSize;
  final CompletableFuture<LeaseAnswer> answer = new CompletableFuture<>();

  /// Guarded by the room's lock.
  State state = State.WAITING;

  /// Whether items may be leased for it of which it was not told. Guarded by the room's lock.
  boolean unknown;

  /// The only partition that may serve it for now; null: any. Guarded by the room's lock.
  @Nullable PartitionKey promisedTo;

  enum State {
    /// In the room.
    WAITING,
    /// A partition is writing a lease for it.
    RESERVED,
    /// Answered, or gone.
    DONE
  }

  /// @param batchSize how many items it wants at the most, 1 or more
  public Waiter(String clientId, int batchSize) {
    this.clientId = requireNonNull(clientId, "clientId");
    if (batchSize < 1) {
      throw new IllegalArgumentException("batch size < 1: " + batchSize);
    }
    this.batchSize = batchSize;
  }

  public String clientId() {
    return clientId;
  }

  /// How many items it wants at the most.
  public int batchSize() {
    return batchSize;
  }

  /// Completes when the call is answered; nobody but the room and the partitions complete it.
  public CompletableFuture<LeaseAnswer> answer() {
    return answer;
  }
}
