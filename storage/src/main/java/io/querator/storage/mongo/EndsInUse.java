package io.querator.storage.mongo;

import io.querator.storage.Epoch;
import io.querator.storage.Position;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/// Finds out which of many old epochs still have something: an epoch without an end has nothing
/// that is real, and without this the list of ends would grow with every take-over.
///
/// Walks along the ids from one epoch to the next. What is real of an old epoch only becomes less,
/// so an answer stays right.
final class EndsInUse {
  /// A list up to here is kept as it is.
  private static final int FEW = 32;

  private final PartitionLog records;

  EndsInUse(PartitionLog records) {
    this.records = records;
  }

  /// Those of `ends` that are needed; the last always is, its owner may still be writing.
  ///
  /// @param base the epoch up to which everything is real without an end; 0 if there is none
  List<End> of(List<End> ends, long base) {
    if (ends.size() <= FEW) {
      return ends;
    }
    long newest = ends.getLast().epoch();
    Set<Long> used = new HashSet<>();
    used.add(newest);
    long from = Position.ready(new Epoch(base + 1), 0);
    walkItems(used, from, newest);
    walkItems(used, Long.MIN_VALUE | from, newest);
    walkLeases(used, from, newest);
    walkKeys(used, newest);
    return ends.stream().filter(end -> used.contains(end.epoch())).toList();
  }

  /// @param from has the sign bit for items that are not ready
  private void walkItems(Set<Long> used, long from, long newest) {
    long part = from & Long.MIN_VALUE;
    long to = part | Position.ready(new Epoch(newest), 0) - 1;
    Long found = records.firstItem(from, to);
    while (found != null) {
      long epoch = Position.epoch(found).value();
      used.add(epoch);
      found = records.firstItem(part | Position.ready(new Epoch(epoch + 1), 0), to);
    }
  }

  private void walkLeases(Set<Long> used, long from, long newest) {
    Long found = records.firstLease(from);
    while (found != null && Position.epoch(found).value() < newest) {
      long epoch = Position.epoch(found).value();
      used.add(epoch);
      found = records.firstLease(Position.ready(new Epoch(epoch + 1), 0));
    }
  }

  private void walkKeys(Set<Long> used, long newest) {
    Ids.KeyPlace found = records.firstKey(new Ids.KeyPlace(0, 0));
    while (found != null) {
      if (found.epoch() < newest) {
        used.add(found.epoch());
        found = records.firstKey(new Ids.KeyPlace(found.minute(), found.epoch() + 1));
      } else if (found.minute() < Integer.MAX_VALUE) {
        found = records.firstKey(new Ids.KeyPlace(found.minute() + 1, 0));
      } else {
        found = null;
      }
    }
  }
}
