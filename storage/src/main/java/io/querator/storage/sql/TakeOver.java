package io.querator.storage.sql;

import static java.util.Objects.requireNonNull;

import io.querator.storage.Claim;
import io.querator.storage.Epoch;
import io.querator.storage.OpenResult;
import io.querator.storage.OpenResult.Missing;
import io.querator.storage.OpenResult.Opened;
import io.querator.storage.OpenResult.Stale;
import io.querator.storage.PartitionKey;
import io.querator.storage.StorageException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Raises epochs. Once that is committed, no statement under an older epoch can take effect any
/// more, however late it arrives; one that is running is waited for, since it holds its fence row.
final class TakeOver {
  private static final Logger log = LoggerFactory.getLogger(TakeOver.class);

  /// Partitions taken over in one statement.
  private static final int CHUNK = 1_000;

  /// How often a reopening may meet another one of the same claim.
  private static final int ATTEMPTS = 5;

  private final FenceTable fences;

  TakeOver(FenceTable fences) {
    this.fences = fences;
  }

  List<OpenResult> open(Map<PartitionKey, Epoch> highestSeen, Claim claim) {
    List<OpenResult> results = new ArrayList<>(highestSeen.size());
    Map<PartitionKey, Epoch> chunk = new LinkedHashMap<>();
    highestSeen.forEach((key, seen) -> {
      chunk.put(key, seen);
      if (chunk.size() == CHUNK) {
        results.addAll(openChunk(chunk, claim));
        chunk.clear();
      }
    });
    if (!chunk.isEmpty()) {
      results.addAll(openChunk(chunk, claim));
    }
    return results;
  }

  private List<OpenResult> openChunk(Map<PartitionKey, Epoch> seen, Claim claim) {
    Map<PartitionKey, Raised> raised = fences.take(seen, claim);
    Map<PartitionKey, Mark> found = fences.marks(raised.keySet());
    Map<PartitionKey, Fence> stored =
        raised.size() == seen.size() ? Map.of() : fences.read(seen.keySet());
    List<OpenResult> results = new ArrayList<>(seen.size());
    seen.forEach((key, epoch) -> {
      Raised epochs = raised.get(key);
      if (epochs == null) {
        results.add(refused(key, stored.get(key)));
        return;
      }
      Opened opened = opened(key, claim, epochs, epoch, found);
      // The first opening of one that is to be filled is no loss; who opens it knows.
      if (opened.historyLost() && !epochs.previous().equals(Epoch.NONE)) {
        tellLoss(key, epochs, epoch);
      }
      results.add(opened);
    });
    return results;
  }

  /// The raise names the epoch that it raises, so that one which arrives late, because its
  /// connection was lost, changes nothing.
  OpenResult reopen(Opened last) {
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
      Fence stored = fences.read(Set.of(last.key())).get(last.key());
      if (stored == null || !stored.mayBeHeldBy(last.claim())) {
        return refused(last.key(), stored);
      }
      Optional<Raised> raised = fences.raise(last, stored.epoch());
      if (raised.isPresent()) {
        Map<PartitionKey, Mark> found = fences.marks(Set.of(last.key()));
        Opened opened = opened(last.key(), last.claim(), raised.get(), last.epoch(), found);
        if (opened.historyLost()) {
          tellLoss(last.key(), raised.get(), last.epoch());
        }
        return opened;
      }
    }
    throw new StorageException.Unavailable(
        "the epoch of partition " + last.key() + " is raised by somebody else all the time", null);
  }

  private static OpenResult refused(PartitionKey key, @Nullable Fence stored) {
    if (stored == null) {
      return new Missing(key);
    }
    if (stored.format() > Fence.FORMAT) {
      throw new StorageException.Corrupt(
          "partition %s has format %d, this version knows up to %d"
              .formatted(key, stored.format(), Fence.FORMAT),
          null);
    }
    return new Stale(key);
  }

  private static Opened opened(
      PartitionKey key, Claim claim, Raised epochs, Epoch seen, Map<PartitionKey, Mark> marks) {
    boolean historyLost = epochs.previous().compareTo(seen) < 0;
    Mark mark = requireNonNull(marks.get(key));
    return new Opened(
        key, claim, epochs.now(), mark.databaseTime(), mark.lowWater(), historyLost, false);
  }

  private static void tellLoss(PartitionKey key, Raised epochs, Epoch seen) {
    log.atError()
        .addKeyValue("partition", key)
        .addKeyValue("stored", epochs.previous())
        .addKeyValue("seen", seen)
        .log("storage_history_lost");
  }

  /// Takes a partition from its holder for good.
  void condemn(PartitionKey key) {
    fences.condemn(key);
  }
}
