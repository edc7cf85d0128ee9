package io.querator.node.http;

import io.querator.client.Outcome;
import java.util.concurrent.atomic.AtomicLong;

/// The bytes of bodies that are in memory. Used by all threads.
final class ByteBudget {
  private final long max;
  private final AtomicLong used = new AtomicLong();

  ByteBudget(long max) {
    this.max = max;
  }

  long used() {
    return used.get();
  }

  Share open() {
    return new Share();
  }

  /// What one request holds. Owned by the thread of its connection.
  final class Share implements AutoCloseable {
    private long bytes;

    private Share() {}

    /// Takes more of the budget.
    ///
    /// @throws ReplyException if that is more than is left
    void take(long more) {
      if (more == 0) {
        return;
      }
      if (used.addAndGet(more) > max) {
        used.addAndGet(-more);
        throw overloaded();
      }
      bytes += more;
    }

    /// Takes what there is no way back from, beyond the budget if need be: others are refused
    /// instead.
    void force(long more) {
      used.addAndGet(more);
      bytes += more;
    }

    @Override
    public void close() {
      if (bytes != 0) {
        used.addAndGet(-bytes);
        bytes = 0;
      }
    }
  }

  static ReplyException overloaded() {
    return ReplyException.retry("queue is overloaded; try again later", Outcome.NOT_EXECUTED);
  }
}
