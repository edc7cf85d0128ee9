package io.querator.storage;

import static io.querator.storage.Samples.batch;
import static io.querator.storage.Samples.claim;
import static io.querator.storage.Samples.item;
import static org.assertj.core.api.Assertions.assertThat;

import io.querator.storage.OpenResult.Opened;
import io.querator.storage.memory.MemoryPartitionStore;
import java.time.InstantSource;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

final class FaultyPartitionStoreTest {
  private final long seed = Long.getLong("seed", new Random().nextLong());
  private final Random random = new Random(seed);
  private final MemoryPartitionStore memory = new MemoryPartitionStore(InstantSource.system());
  private final PartitionStore store =
      new FaultyPartitionStore(
          memory, Faults.seeded(random, 0.4), item -> item.content().payload().length == 3);
  private final PartitionKey key = new PartitionKey(1);
  private final TreeSet<Long> stored = new TreeSet<>();
  private final TreeSet<Long> doubtful = new TreeSet<>();
  private long version;

  @Test
  void answersTheTruth() {
    memory.create(key);
    Opened opened = opened();
    EnumSet<Answer> answers = EnumSet.noneOf(Answer.class);
    for (long count = 0; count < 2_000; count++) {
      boolean poisoned = random.nextInt(20) == 0;
      StoredItem item = item(opened, count, new byte[poisoned ? 3 : 4]);
      CommitResult result = store.commit(List.of(batch(opened).items(item).build())).getFirst();
      opened =
          switch (result) {
            case CommitResult.Committed(var epoch, _) -> {
              answers.add(Answer.COMMITTED);
              stored.add(item.position());
              yield opened.at(epoch);
            }
            case CommitResult.NotCommitted(var epoch) -> {
              answers.add(Answer.NOT_COMMITTED);
              yield opened.at(epoch);
            }
            case CommitResult.Refused(var epoch, _, _) -> {
              answers.add(Answer.REFUSED);
              assertThat(poisoned).as("seed %d", seed).isTrue();
              yield opened.at(epoch);
            }
            case CommitResult.Fenced(var mayHaveCommitted) -> {
              answers.add(mayHaveCommitted ? Answer.FENCED_UNKNOWN : Answer.FENCED);
              yield afterDoubt(item, mayHaveCommitted);
            }
            case CommitResult.Unavailable(var mayHaveCommitted) -> {
              answers.add(mayHaveCommitted ? Answer.UNKNOWN : Answer.UNAVAILABLE);
              yield afterDoubt(item, mayHaveCommitted);
            }
          };
      assertThat(positions()).as("seed %d", seed).isEqualTo(stored);
    }
    assertThat(answers).as("seed %d", seed).isEqualTo(EnumSet.allOf(Answer.class));
    assertThat(doubtful).as("seed %d", seed).isNotEmpty();
  }

  private enum Answer {
    COMMITTED,
    NOT_COMMITTED,
    REFUSED,
    FENCED,
    FENCED_UNKNOWN,
    UNAVAILABLE,
    UNKNOWN
  }

  /// After the next opening, what is there stays there, and nothing more comes.
  private Opened afterDoubt(StoredItem item, boolean mayHaveCommitted) {
    Opened opened = opened();
    if (mayHaveCommitted && positions().contains(item.position())) {
      stored.add(item.position());
      doubtful.add(item.position());
    }
    return opened;
  }

  private TreeSet<Long> positions() {
    Opened any =
        new Opened(key, claim(0), Epoch.NONE, memory.databaseTime(), LowWater.NONE, false, false);
    TreeSet<Long> positions = new TreeSet<>();
    memory
        .heads(any, PositionRange.READY, Integer.MAX_VALUE)
        .forEach(head -> positions.add(head.position()));
    return positions;
  }

  private Opened opened() {
    while (true) {
      try {
        return (Opened) store.open(Map.of(key, Epoch.NONE), claim(++version)).getFirst();
      } catch (StorageException.Unavailable e) {
        // Again, by a newer claim.
      }
    }
  }
}
