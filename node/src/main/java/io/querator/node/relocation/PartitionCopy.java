package io.querator.node.relocation;

import io.querator.queue.CommitListener;
import io.querator.queue.Seal;
import io.querator.storage.KeyEntry;
import io.querator.storage.LowWater;
import io.querator.storage.OpenResult.Opened;
import io.querator.storage.PageLimit;
import io.querator.storage.PartitionStore;
import io.querator.storage.PositionRange;
import io.querator.storage.StorageException;
import io.querator.storage.StoredItem;
import io.querator.storage.StoredLease;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.random.RandomGenerator;

/// Fills a partition from one that is being written meanwhile.
///
/// Rows are added at the tail and removed, never changed, so a copy that goes upwards from the
/// first one meets each that is added; of those that go behind its back it hears from the loop that
/// removes them, with [#listener]. What a page has read can have gone before the page began, or is
/// heard of after it: so what is heard is taken before each page, and of that only what earlier
/// pages have passed.
///
/// Rows below the low-water mark are garbage and left behind, unless they are under a lease. One
/// thread copies.
public final class PartitionCopy implements AutoCloseable {
  private static final int PAGE_ITEMS = 5_000;
  private static final long PAGE_BYTES = 4L << 20;

  /// How much the loop may add while a page is copied: three rows for every four.
  private static final int MEANWHILE_MAX = PAGE_ITEMS * 3 / 4;

  /// Rows that are read by their positions, without knowing how large they are.
  private static final int POSITIONS = 16;

  private final PartitionStore source;
  private final TargetPartition target;
  private final PageLimit pageLimit;
  private final Heard heard;
  private final Part ready;
  private final Part notReady;
  private final Set<Long> leases = new HashSet<>();
  private Opened from;
  private volatile long copied;

  /// @param from as its loop has it, or has had it
  /// @param to a new partition that nobody else knows, opened above every epoch of `from`
  public PartitionCopy(
      PartitionStore source,
      Opened from,
      PartitionStore target,
      Opened to,
      RandomGenerator random) {
    this(source, from, target, to, random, PAGE_ITEMS, MEANWHILE_MAX);
  }

  /// @param meanwhileMax how many rows the loop may add while a page is copied, before it waits
  PartitionCopy(
      PartitionStore source,
      Opened from,
      PartitionStore target,
      Opened to,
      RandomGenerator random,
      int pageItems,
      int meanwhileMax) {
    this.source = source;
    this.from = from;
    this.target = new TargetPartition(target, to, random);
    pageLimit = new PageLimit(pageItems, PAGE_BYTES);
    heard = new Heard(from, meanwhileMax);
    ready = new Part(PositionRange.READY, from.lowWater().ready());
    notReady = new Part(PositionRange.NOT_READY, from.lowWater().notReady());
  }

  /// What the loop must tell before [#approach] is called. Makes it wait while the copy would not
  /// come to an end otherwise.
  public CommitListener listener() {
    return heard;
  }

  /// How many rows have been copied. For any thread.
  public long copied() {
    return copied;
  }

  /// Copies until little is missing. Blocks.
  ///
  /// @param isWanted asked before each page
  /// @return whether it is still wanted
  /// @throws CopyException if the copy cannot be used
  /// @throws StorageException if one of the storages is away, likewise
  public boolean approach(BooleanSupplier isWanted) {
    leasedBelow();
    keys(isWanted);
    while (isWanted.getAsBoolean()) {
      long rows = follow();
      boolean more = page(ready);
      more |= page(notReady);
      if (!more && rows < pageLimit.items() / 2) {
        leases();
        follow();
        return true;
      }
    }
    return false;
  }

  /// Copies the rest, after the loop's last commit. Blocks.
  ///
  /// @param sealed by an epoch of its own, after the loop has ended
  /// @throws CopyException if the copy cannot be used
  /// @throws StorageException if one of the storages is away, likewise
  public void finish(Opened sealed) {
    follow();
    from = sealed;
    while (page(ready)) {}
    while (page(notReady)) {}
    leases();
    LowWater mark = sealed.lowWater();
    target.mark(mark);
  }

  /// The listener hears nothing any more.
  @Override
  public void close() {
    heard.close();
  }

  /// Repeats what was heard.
  ///
  /// @return how much that was
  private long follow() {
    Heard.Changes changes = heard.take();
    from = changes.opened();
    long[] gone =
        Arrays.stream(changes.removed())
            .filter(position -> ready.hasPassed(position) || notReady.hasPassed(position))
            .toArray();
    target.remove(gone);
    target.removeKeys(changes.removedKeys());
    target.addKeys(changes.keys());
    return changes.rows() + gone.length;
  }

  /// Copies the next page of a part.
  ///
  /// @return whether it was full
  private boolean page(Part part) {
    List<StoredItem> rows = source.items(from, part.rest(), pageLimit);
    if (rows.isEmpty()) {
      return false;
    }
    add(rows);
    part.passed(rows.getLast().position());
    long bytes = rows.stream().mapToLong(row -> row.content().sizeBytes()).sum();
    return rows.size() == pageLimit.items() || bytes >= PAGE_BYTES / 2;
  }

  @SuppressWarnings("NonAtomicVolatileUpdate") // one thread copies
  private void add(List<StoredItem> rows) {
    target.add(rows);
    copied += rows.size();
  }

  private void leasedBelow() {
    long[] positions =
        storedLeases().stream()
            .flatMapToLong(lease -> Arrays.stream(lease.positions()))
            .filter(position -> ready.hasPassed(position))
            .sorted()
            .toArray();
    for (int at = 0; at < positions.length; at += POSITIONS) {
      int to = Math.min(positions.length, at + POSITIONS);
      add(source.items(from, Arrays.copyOfRange(positions, at, to)));
    }
  }

  private void keys(BooleanSupplier isWanted) {
    KeyEntry last = null;
    List<KeyEntry> page;
    do {
      follow();
      page = source.keysAfter(from, last, pageLimit.items());
      target.addKeys(page);
      last = page.isEmpty() ? last : page.getLast();
    } while (!page.isEmpty() && isWanted.getAsBoolean());
  }

  /// Copies the leases that have come, and ends those that have gone.
  private void leases() {
    List<StoredLease> stored = storedLeases();
    Set<Long> there = new HashSet<>();
    stored.forEach(lease -> there.add(lease.id()));
    target.endLeases(
        leases.stream()
            .filter(id -> !there.contains(id))
            .mapToLong(Long::longValue)
            .sorted()
            .toArray());
    target.addLeases(stored.stream().filter(lease -> !leases.contains(lease.id())).toList());
    leases.clear();
    leases.addAll(there);
  }

  private List<StoredLease> storedLeases() {
    return source.leases(from).stream().filter(lease -> !Seal.is(lease)).toList();
  }
}
