package io.querator.storage;

import java.util.random.RandomGenerator;

/// Decides, call by call, what goes wrong in a [FaultyPartitionStore].
public interface Faults {
  /// What happens to a batch.
  enum CommitFault {
    /// Nothing.
    NONE,
    /// Not written; the epoch is raised and the caller numbers its turn again.
    NOT_COMMITTED,
    /// Not written, and the caller knows it.
    UNAVAILABLE,
    /// Written, but the caller does not know.
    UNAVAILABLE_COMMITTED,
    /// Not written, but the caller does not know.
    UNAVAILABLE_LOST,
    /// Written later, just before the partition is opened again, unless that never happens.
    UNAVAILABLE_LATE,
    /// Not written: the epoch was raised.
    FENCED,
    /// Written, then the epoch was raised, and the caller does not know the first.
    FENCED_COMMITTED
  }

  /// What happens to an `open` or a `reopen`.
  enum OpenFault {
    /// Nothing.
    NONE,
    /// It fails with nothing done.
    BEFORE,
    /// It is done, and the answer is lost.
    AFTER
  }

  CommitFault commit();

  OpenFault open();

  /// Whether a read, a count or a look at the clock fails.
  boolean read();

  /// Nothing goes wrong.
  static Faults none() {
    return new Faults() {
      @Override
      public CommitFault commit() {
        return CommitFault.NONE;
      }

      @Override
      public OpenFault open() {
        return OpenFault.NONE;
      }

      @Override
      public boolean read() {
        return false;
      }
    };
  }

  /// Each call goes wrong with a probability of `rate`, in a way drawn from `random`. Not safe for
  /// use by many threads.
  static Faults seeded(RandomGenerator random, double rate) {
    return new Faults() {
      @Override
      public CommitFault commit() {
        CommitFault[] all = CommitFault.values();
        return read() ? all[random.nextInt(1, all.length)] : CommitFault.NONE;
      }

      @Override
      public OpenFault open() {
        if (!read()) {
          return OpenFault.NONE;
        }
        return random.nextBoolean() ? OpenFault.BEFORE : OpenFault.AFTER;
      }

      @Override
      public boolean read() {
        return random.nextDouble() < rate;
      }
    };
  }
}
