package io.querator.storage.mongo;

import io.querator.storage.Claim;
import io.querator.storage.LowWater;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// A record of a partition's log. Who inserts the record of the next number, as the last document
/// of what it belongs to, has done it: everybody else finds the number taken.
sealed interface LogRecord {
  long number();

  long epoch();

  /// Random, of one opening.
  long token();

  /// A record that tells how the partition stands.
  sealed interface State extends LogRecord {
    /// The mark as it stands after this record.
    LowWater lowWater();

    /// The removals of all turns up to this number had been deleted when the record was written.
    long cleaned();
  }

  /// A turn was committed.
  ///
  /// @param token of the opening that it belongs to
  /// @param opening number of that opening's record
  /// @param end the highest count of a position or lease of this epoch so far, -1 if none
  record Turn(
      long number,
      long epoch,
      long token,
      long opening,
      long end,
      LowWater lowWater,
      long cleaned,
      Removal removal)
      implements State {}

  /// An epoch began. Never deleted: the owner that it deposed, however late, finds its next number
  /// taken.
  ///
  /// @param format of what is stored; see [#formatOf]
  /// @param claim null for the first record, which is written when the partition is made, and for
  ///   the last one of a partition that is dropped
  /// @param base the epoch up to which the partition was filled from another one, 0 if it was not;
  ///   every later opening has the same
  /// @param ends of older epochs above the base that still have something; empty once a later epoch
  ///   began
  record Open(
      long number,
      long epoch,
      long token,
      int format,
      @Nullable Claim claim,
      long base,
      List<End> ends,
      LowWater lowWater,
      long cleaned,
      boolean dropped)
      implements State {
    /// The highest that this version knows.
    static final int FORMAT = 2;

    /// A version that knows nothing of bases would take what was filled in for debris, and delete
    /// it. So a partition with a base has a format that such a version does not open.
    static int formatOf(long base) {
      return base == 0 ? 1 : 2;
    }

    public Open {
      ends = List.copyOf(ends);
    }
  }

  /// Stops whoever comes to its number. One who wants to take over from a busy owner puts it ahead,
  /// since it is never fast enough to take the very next number. Never deleted.
  ///
  /// @param epoch of the record that was the last
  record Wall(long number, long epoch, long token) implements LogRecord {}
}
