package io.querator.storage.mongo;

import io.querator.storage.Claim;
import io.querator.storage.Epoch;
import io.querator.storage.LowWater;
import io.querator.storage.OpenResult.Opened;
import io.querator.storage.PartitionKey;
import java.util.List;
import java.util.concurrent.FutureTask;
import java.util.function.Function;

/// An epoch of a partition that this store opened: what it must know to write the next turn. Turns
/// are written by one thread at a time; readers may be many.
final class Holding {
  private final PartitionKey key;
  private final Claim claim;
  private final LogRecord.Open opening;
  private final Documents documents;
  private final CleanUp cleanUp;

  // Guarded by this
  private Base base;
  private long last;
  private long end = -1;
  private LowWater lowWater;
  private boolean broken;

  /// @param claim of `opening`
  /// @param base up to the one of `opening`
  Holding(
      PartitionKey key,
      Claim claim,
      LogRecord.Open opening,
      Base base,
      Documents documents,
      Function<Holding, CleanUp> cleanUp) {
    this.key = key;
    this.claim = claim;
    this.opening = opening;
    this.base = base;
    this.documents = documents;
    this.last = opening.number();
    this.lowWater = opening.lowWater();
    this.cleanUp = cleanUp.apply(this);
  }

  PartitionKey key() {
    return key;
  }

  Claim claim() {
    return claim;
  }

  long epoch() {
    return opening.epoch();
  }

  LogRecord.Open opening() {
    return opening;
  }

  Documents documents() {
    return documents;
  }

  CleanUp cleanUp() {
    return cleanUp;
  }

  /// Whether a batch of `opened` may be tried. A batch of an older opening is fenced.
  boolean isOf(Opened opened) {
    return opened.epoch().equals(new Epoch(epoch()))
        && opened.claim().incarnation().equals(claim.incarnation());
  }

  synchronized Base base() {
    return base;
  }

  synchronized long last() {
    return last;
  }

  synchronized long end() {
    return end;
  }

  synchronized LowWater lowWater() {
    return lowWater;
  }

  synchronized boolean isBroken() {
    return broken;
  }

  /// What became of a turn stayed unknown: nothing can be written under this epoch any more.
  synchronized void breakOff() {
    broken = true;
  }

  synchronized Bounds bounds() {
    return new Bounds(base, opening.ends(), new End(epoch(), end, last));
  }

  /// The ends of this and all older epochs, for the next one.
  synchronized List<End> ends() {
    return last == opening.number() ? opening.ends() : bounds().ends();
  }

  synchronized View view() {
    return new View(documents, bounds(), cleanUp.removals());
  }

  /// A turn has been committed.
  synchronized void committed(LogRecord.Turn turn) {
    last = turn.number();
    end = turn.end();
    if (end >= 0) {
      base = base.filled();
    }
    lowWater = turn.lowWater();
    cleanUp.follow(turn.number(), turn.removal());
  }

  /// Begins a scan of what is real now.
  synchronized void scan(Function<Bounds, FutureTask<?>> task) {
    cleanUp.scan(task.apply(bounds()));
  }
}
