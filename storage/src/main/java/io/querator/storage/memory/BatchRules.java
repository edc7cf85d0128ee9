package io.querator.storage.memory;

import io.querator.storage.Batch;
import io.querator.storage.Epoch;
import io.querator.storage.KeyEntry;
import io.querator.storage.Move;
import io.querator.storage.Position;
import io.querator.storage.StoredItem;
import io.querator.storage.StoredLease;
import java.util.HashSet;
import java.util.Set;

/// What a caller owes in a batch: every new position is of its epoch, or of an epoch that the
/// partition is being filled with, and a position occurs once.
final class BatchRules {
  private final Epoch epoch;
  private final Epoch filledUpTo;
  private final Set<Long> positions = new HashSet<>();
  private boolean own;

  private BatchRules(Epoch epoch, Epoch filledUpTo) {
    this.epoch = epoch;
    this.filledUpTo = filledUpTo;
  }

  /// @param filledUpTo the highest epoch that the partition is being filled with, [Epoch#NONE] if
  ///   it is not
  /// @return whether a new position is of the epoch of the batch
  /// @throws IllegalArgumentException if the batch breaks a rule
  static boolean check(Batch batch, Epoch filledUpTo) {
    BatchRules rules = new BatchRules(batch.partition().epoch(), filledUpTo);
    for (StoredItem item : batch.items()) {
      rules.given(item.position());
    }
    for (Move move : batch.moves()) {
      rules.given(move.to());
      rules.once(move.from());
    }
    for (long position : batch.removed()) {
      rules.once(position);
    }
    rules.checkLeases(batch);
    checkKeys(batch);
    return rules.own;
  }

  private void checkLeases(Batch batch) {
    Set<Long> ids = new HashSet<>();
    for (StoredLease lease : batch.leases()) {
      ofEpoch(lease.id());
      require(ids.add(lease.id()), "lease occurs twice", lease.id());
    }
    for (long id : batch.endedLeases()) {
      require(ids.add(id), "lease occurs twice", id);
    }
  }

  private static void checkKeys(Batch batch) {
    Set<Object> hashes = new HashSet<>(batch.removedKeys());
    for (KeyEntry entry : batch.keys()) {
      require(hashes.add(entry.hash()), "key occurs twice", entry.hash());
    }
  }

  private void given(long position) {
    ofEpoch(position);
    once(position);
  }

  private void ofEpoch(long position) {
    Epoch of = Position.epoch(position);
    if (filledUpTo.equals(Epoch.NONE) || of.compareTo(filledUpTo) > 0) {
      require(of.equals(epoch), "not of epoch " + epoch, position);
      own = true;
    }
  }

  private void once(long position) {
    require(positions.add(position), "position occurs twice", position);
  }

  private static void require(boolean kept, String rule, Object value) {
    if (!kept) {
      throw new IllegalArgumentException(rule + ": " + value);
    }
  }
}
