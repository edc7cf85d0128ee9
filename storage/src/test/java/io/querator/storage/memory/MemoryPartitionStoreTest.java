package io.querator.storage.memory;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.querator.storage.Epoch;
import io.querator.storage.OpenResult.Opened;
import io.querator.storage.PartitionKey;
import io.querator.storage.PartitionStore;
import io.querator.storage.PartitionStoreContract;
import io.querator.storage.Samples;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class MemoryPartitionStoreTest extends PartitionStoreContract {
  private final MemoryPartitionStore store = new MemoryPartitionStore(InstantSource.system());

  @Override
  protected PartitionStore store() {
    return store;
  }

  @Override
  protected PartitionStore another() {
    return store;
  }

  @Test
  void refusesToWriteAPositionOfAnotherEpoch() {
    PartitionKey key = new PartitionKey(1);
    store.create(key);
    Opened before = (Opened) store.open(Map.of(key, Epoch.NONE), Samples.claim(1)).getFirst();
    Opened after = (Opened) store.reopen(before);
    var batch = Samples.batch(after).items(Samples.item(before, 1)).build();

    assertThatThrownBy(() -> store.commit(List.of(batch)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("not of epoch 2");
  }

  @Test
  void refusesToFillWhatIsInUse() {
    PartitionKey key = new PartitionKey(1);
    store.create(key);
    Epoch seen = new Epoch(4);
    Opened first = (Opened) store.open(Map.of(key, seen), Samples.claim(1)).getFirst();
    var late = Samples.batch(first).items(Samples.item(first.at(seen), 3)).build();
    var own = Samples.batch(first).items(Samples.item(first, 1)).build();
    store.commit(
        List.of(Samples.batch(first).items(Samples.item(first.at(new Epoch(2)), 9)).build()));
    store.commit(List.of(own));

    assertThatThrownBy(() -> store.commit(List.of(late)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("not of epoch 5");
  }

  @Test
  void refusesAPositionThatOccursTwice() {
    PartitionKey key = new PartitionKey(1);
    store.create(key);
    Opened opened = (Opened) store.open(Map.of(key, Epoch.NONE), Samples.claim(1)).getFirst();
    var batch = Samples.batch(opened).removed(3, 3).build();

    assertThatThrownBy(() -> store.commit(List.of(batch)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("occurs twice: 3");
  }
}
