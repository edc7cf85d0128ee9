package io.querator.storage;

import static java.util.Objects.requireNonNull;

import io.querator.storage.OpenResult.Opened;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Gathers what a batch changes; what is not named does not change. For one thread. The arrays are
/// not copied.
public final class BatchBuilder {
  private final Opened opened;
  private final TurnToken token;
  private List<StoredItem> items = List.of();
  private List<Move> moves = List.of();
  private long[] removed = {};
  private List<StoredLease> leases = List.of();
  private long[] endedLeases = {};
  private List<KeyEntry> keys = List.of();
  private List<KeyHash> removedKeys = List.of();
  private @Nullable LowWater lowWater;

  public BatchBuilder(Opened opened, TurnToken token) {
    this.opened = requireNonNull(opened, "opened");
    this.token = requireNonNull(token, "token");
  }

  public BatchBuilder items(StoredItem... added) {
    return items(List.of(added));
  }

  public BatchBuilder items(List<StoredItem> added) {
    items = added;
    return this;
  }

  public BatchBuilder moves(Move... made) {
    moves = List.of(made);
    return this;
  }

  public BatchBuilder removed(long... positions) {
    removed = positions;
    return this;
  }

  public BatchBuilder leases(StoredLease... added) {
    return leases(List.of(added));
  }

  public BatchBuilder leases(List<StoredLease> added) {
    leases = added;
    return this;
  }

  public BatchBuilder endedLeases(long... ids) {
    endedLeases = ids;
    return this;
  }

  public BatchBuilder keys(KeyEntry... added) {
    return keys(List.of(added));
  }

  public BatchBuilder keys(List<KeyEntry> added) {
    keys = added;
    return this;
  }

  public BatchBuilder removedKeys(KeyHash... hashes) {
    return removedKeys(List.of(hashes));
  }

  public BatchBuilder removedKeys(List<KeyHash> hashes) {
    removedKeys = hashes;
    return this;
  }

  public BatchBuilder lowWater(LowWater mark) {
    lowWater = mark;
    return this;
  }

  public Batch build() {
    return new Batch(
        opened, token, items, moves, removed, leases, endedLeases, keys, removedKeys, lowWater);
  }
}
