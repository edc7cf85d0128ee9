package io.querator.storage;

import static io.querator.storage.Samples.batch;
import static io.querator.storage.Samples.claim;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.querator.storage.CommitResult.Committed;
import io.querator.storage.OpenResult.Opened;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

/// How every [PartitionStore] must give all keys of a partition, page by page.
abstract class KeyPagesContract {
  private final Random random = new SecureRandom();

  /// The store under test.
  abstract PartitionStore store();

  /// Another one on the same data.
  abstract PartitionStore another();

  private Opened opened() {
    PartitionKey key = PartitionKey.random(random);
    store().create(key);
    return (Opened) store().open(Map.of(key, Epoch.NONE), claim(1)).getFirst();
  }

  private void commit(BatchBuilder batch) {
    assertThat(store().commit(List.of(batch.build())).getFirst()).isInstanceOf(Committed.class);
  }

  private static KeyEntry key(String text, int minute) {
    return new KeyEntry(KeyHash.of('k', text), minute, KeyHash.of('r', text), 3, 2);
  }

  static List<List<KeyEntry>> pages(PartitionStore in, Opened of, int max) {
    List<List<KeyEntry>> pages = new ArrayList<>();
    List<KeyEntry> page = in.keysAfter(of, null, max);
    while (!page.isEmpty()) {
      pages.add(page);
      page = in.keysAfter(of, page.getLast(), max);
    }
    return pages;
  }

  @Test
  void readsAllKeysByMinuteAndHash() {
    Opened opened = opened();
    List<KeyEntry> keys = new ArrayList<>();
    for (int minute : new int[] {KeyEntry.KEPT, 0, 29_000_000, 28_999_999}) {
      for (int i = 0; i < 10; i++) {
        keys.add(key("key " + i + " of " + minute, minute));
      }
    }
    keys.add(new KeyEntry(new KeyHash(0, 0), 5, new KeyHash(-1, -1), -7, 0));
    keys.add(new KeyEntry(new KeyHash(-1, -1), 5, new KeyHash(0, 0), Long.MIN_VALUE, 1));
    Collections.shuffle(keys, random);
    parted(keys, 7).forEach(some -> commit(batch(opened).keys(some.toArray(KeyEntry[]::new))));
    KeyEntry again = new KeyEntry(new KeyHash(-1, -1), KeyEntry.KEPT, new KeyHash(0, 0), 1, 1);
    commit(batch(opened).keys(again));
    keys.add(again);
    keys.sort(KeyEntry.ORDER);

    assertThat(store().keysAfter(opened, null, PartitionStore.KEYS_MAX)).isEqualTo(keys);
    for (int page : new int[] {1, 2, 7, 10, 43, 44}) {
      assertThat(pages(another(), opened, page)).isEqualTo(parted(keys, page));
    }
  }

  @Test
  void readsKeysFromAPlaceThatHoldsNone() {
    Opened opened = opened();
    KeyEntry one = key("one", 10);
    KeyEntry two = key("two", 12);
    KeyEntry kept = key("kept", KeyEntry.KEPT);
    commit(batch(opened).keys(kept, two, one));

    assertThat(store().keysAfter(opened, key("none", 11), 9)).containsExactly(two, kept);
    assertThat(store().keysAfter(opened, key("none", 9), 1)).containsExactly(one);
    assertThat(store().keysAfter(opened, two, 9)).containsExactly(kept);
    assertThat(store().keysAfter(opened, kept, 9)).isEmpty();
    assertThat(store().keysAfter(opened(), null, 9)).isEmpty();
  }

  @Test
  void readsKeysThatAreLeft() {
    Opened opened = opened();
    KeyEntry kept = key("kept", KeyEntry.KEPT);
    KeyEntry again = new KeyEntry(kept.hash(), KeyEntry.KEPT, kept.request(), 77, 1);
    commit(batch(opened).keys(key("old", 10), key("young", 12), kept, key("gone", KeyEntry.KEPT)));
    commit(
        batch(opened).removedKeys(kept.hash(), KeyHash.of('k', "gone"), KeyHash.of('k', "young")));
    commit(batch(opened).keys(again, key("old", 13)));

    store().pruneKeys(opened, 12);

    for (int page : new int[] {1, 2, 9}) {
      assertThat(pages(store(), opened, page))
          .isEqualTo(parted(List.of(key("young", 12), key("old", 13), again), page));
    }
  }

  @Test
  void refusesAPageOfKeysThatIsEmptyOrTooLarge() {
    Opened opened = opened();

    assertThatIllegalArgumentException().isThrownBy(() -> store().keysAfter(opened, null, 0));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> store().keysAfter(opened, null, PartitionStore.KEYS_MAX + 1));
  }

  private static <T> List<List<T>> parted(List<T> all, int size) {
    List<List<T>> parts = new ArrayList<>();
    for (int from = 0; from < all.size(); from += size) {
      parts.add(all.subList(from, Math.min(all.size(), from + size)));
    }
    return parts;
  }
}
