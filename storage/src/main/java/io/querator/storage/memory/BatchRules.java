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

/// What a caller owes in a batch: every new position is of its epoch, and a position occurs once.
final class BatchRules {
  private final Epoch epoch;
  private final Set<Long> positions = new HashSet<>();

  private BatchRules(Epoch epoch) {
    this.epoch = epoch;
  }

  /// @throws IllegalArgumentException if the batch breaks a rule
  static void check(Batch batch) {
    BatchRules rules = new BatchRules(batch.partition().epoch());
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
    require(Position.epoch(position).equals(epoch), "not of epoch " + epoch, position);
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
