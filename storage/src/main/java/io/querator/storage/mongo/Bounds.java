package io.querator.storage.mongo;

import io.querator.storage.Epoch;
import io.querator.storage.Position;
import io.querator.storage.PositionRange;
import java.util.ArrayList;
import java.util.List;
import java.util.NavigableMap;
import java.util.TreeMap;

/// What of a partition's collection is real: what committed turns wrote. All else is debris of
/// turns that failed half-way, which may appear at any time, however late. Immutable.
final class Bounds {
  private final Base base;
  private final NavigableMap<Long, End> ends = new TreeMap<>();
  private final long epoch;

  /// @param base of epochs below all others
  /// @param older of epochs below `own`
  /// @param own the current epoch, as far as it has come
  Bounds(Base base, List<End> older, End own) {
    this.base = base;
    older.forEach(end -> ends.put(end.epoch(), end));
    this.epoch = own.epoch();
    ends.put(epoch, own);
  }

  /// The ends of all epochs above the base, rising.
  List<End> ends() {
    return List.copyOf(ends.values());
  }

  long epoch() {
    return epoch;
  }

  /// Whether a committed turn wrote an item to `position`, or a lease under that id.
  boolean isReal(long position) {
    if (base.contains(position)) {
      return true;
    }
    End end = ends.get(Position.epoch(position).value());
    return end != null && Position.count(position) <= end.count();
  }

  /// Whether no turn can be under way that writes this position, and matters.
  boolean isSettled(long position) {
    return base.contains(position)
        ? !base.filling()
        : Position.epoch(position).value() < epoch || isReal(position);
  }

  /// Whether the turn that wrote a key was committed.
  boolean isRealKey(long writtenIn, long turn) {
    End end = ends.get(writtenIn);
    return end != null && turn <= end.turn();
  }

  /// The parts of `range` that hold what is real.
  List<PositionRange> real(PositionRange range) {
    List<PositionRange> parts = new ArrayList<>();
    if (base.epoch() > 0) {
      long below = Position.ready(new Epoch(base.epoch() + 1), 0);
      add(parts, range, Long.MIN_VALUE, (Long.MIN_VALUE | below) - 1);
      add(parts, range, 0, below - 1);
    }
    for (End end : ends.values()) {
      if (end.count() >= 0) {
        Epoch of = new Epoch(end.epoch());
        add(parts, range, Position.notReady(of, 0), Position.notReady(of, end.count()));
        add(parts, range, Position.ready(of, 0), Position.ready(of, end.count()));
      }
    }
    return parts;
  }

  /// The ready positions of older epochs that hold nothing real. Not-ready ones and leases are
  /// numbered alike.
  List<PositionRange> debris() {
    List<PositionRange> gaps = new ArrayList<>();
    long from = base.epoch() == 0 ? 0 : Position.ready(new Epoch(base.epoch() + 1), 0);
    for (End end : ends.values()) {
      Epoch of = new Epoch(end.epoch());
      long begin = Position.ready(of, 0);
      if (from < begin) {
        gaps.add(new PositionRange(from, begin - 1));
      }
      from = begin + end.count() + 1;
    }
    return gaps;
  }

  private static void add(List<PositionRange> parts, PositionRange range, long from, long to) {
    PositionRange part = new PositionRange(Math.max(from, range.from()), Math.min(to, range.to()));
    if (!part.isEmpty()) {
      parts.add(part);
    }
  }
}
