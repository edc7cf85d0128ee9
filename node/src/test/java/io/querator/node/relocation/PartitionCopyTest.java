package io.querator.node.relocation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.querator.queue.Seal;
import io.querator.storage.Claim;
import io.querator.storage.Epoch;
import io.querator.storage.ItemContent;
import io.querator.storage.KeyEntry;
import io.querator.storage.KeyHash;
import io.querator.storage.OpenResult.Opened;
import io.querator.storage.PageLimit;
import io.querator.storage.PartitionKey;
import io.querator.storage.PartitionStore;
import io.querator.storage.PositionRange;
import io.querator.storage.StoredItem;
import io.querator.storage.StoredLease;
import io.querator.storage.TurnToken;
import io.querator.storage.memory.MemoryPartitionStore;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.UUID;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PartitionCopyTest {
  private static final PartitionKey SOURCE = new PartitionKey(1);
  private static final PartitionKey TARGET = new PartitionKey(2);

  /// So few that a copy takes many pages.
  private static final int PAGE_ITEMS = 7;

  private final PartitionStore source = new MemoryPartitionStore(InstantSource.system());
  private final PartitionStore target = new MemoryPartitionStore(InstantSource.system());

  private static Opened open(PartitionStore store, PartitionKey key, long above) {
    store.create(key);
    Claim claim = new Claim("node", new UUID(0, 1), 0, 1);
    return (Opened) store.open(Map.of(key, new Epoch(above)), claim).getFirst();
  }

  /// The source, with a writer that commits before and after each of the copy's reads; less once
  /// the copy has had some trouble, so that it comes to an end.
  private PartitionStore watched(RandomWriter writer, SplittableRandom random) {
    int[] reads = new int[1];
    return (PartitionStore)
        Proxy.newProxyInstance(
            PartitionStore.class.getClassLoader(),
            new Class<?>[] {PartitionStore.class},
            (_, method, arguments) -> {
              int bound = reads[0]++ < 100 ? 4 : 2;
              write(writer, random.nextInt(bound));
              try {
                return method.invoke(source, arguments);
              } catch (InvocationTargetException e) {
                throw e.getCause();
              } finally {
                write(writer, random.nextInt(bound));
              }
            });
  }

  private static void write(RandomWriter writer, int times) {
    for (int i = 0; i < times; i++) {
      writer.write();
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20})
  void copiesAPartitionThatIsBeingWritten(long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    RandomWriter writer =
        new RandomWriter(source, open(source, SOURCE, 0), new SplittableRandom(seed));
    write(writer, random.nextInt(300));
    writer.raise();
    write(writer, random.nextInt(300));
    Opened filled = open(target, TARGET, 100);
    int[] pages = new int[1];
    BooleanSupplier twiceRaised =
        () -> {
          if (pages[0]++ == 5) {
            writer.raise();
          }
          return true;
        };
    PartitionCopy copy =
        new PartitionCopy(
            watched(writer, random),
            writer.opened(),
            target,
            filled,
            random,
            PAGE_ITEMS,
            Integer.MAX_VALUE);
    writer.listen(copy.listener());

    boolean wanted = copy.approach(twiceRaised);

    assertThat(wanted).isTrue();
    write(writer, random.nextInt(10));
    writer.listen(null);
    Opened sealed = (Opened) source.reopen(writer.opened());
    source.commit(List.of(Seal.on(sealed, new TurnToken(1), "moving")));
    writer.stop();
    copy.finish(sealed);

    Opened moved =
        (Opened)
            target
                .open(Map.of(TARGET, sealed.epoch()), new Claim("node", new UUID(0, 1), 1, 1))
                .getFirst();
    assertThat(moved.epoch()).isGreaterThan(sealed.epoch());
    assertThat(moved.lowWater()).isEqualTo(sealed.lowWater());
    assertThat(live(target, moved, writer)).isEqualTo(live(source, sealed, writer));
    assertThat(live(target, moved, writer)).isNotEmpty();
    assertThat(leases(target, moved)).isEqualTo(leases(source, sealed));
    assertThat(newestKeys(target, moved)).isEqualTo(newestKeys(source, sealed));
  }

  private static List<String> live(PartitionStore store, Opened opened, RandomWriter writer) {
    return Stream.of(PositionRange.NOT_READY, PositionRange.READY)
        .flatMap(range -> store.items(opened, range, new PageLimit(100_000, 1L << 30)).stream())
        .filter(row -> writer.isLive(row.position()))
        .map(PartitionCopyTest::text)
        .toList();
  }

  private static String text(StoredItem row) {
    ItemContent content = row.content();
    return row.head() + " " + new String(content.payload(), StandardCharsets.UTF_8);
  }

  /// An older one of the same hash is of no use to anybody.
  private static Map<KeyHash, KeyEntry> newestKeys(PartitionStore store, Opened opened) {
    Map<KeyHash, KeyEntry> newest = new HashMap<>();
    store
        .keysAfter(opened, null, PartitionStore.KEYS_MAX)
        .forEach(key -> newest.put(key.hash(), key));
    return newest;
  }

  private static List<String> leases(PartitionStore store, Opened opened) {
    return store.leases(opened).stream()
        .filter(lease -> !Seal.is(lease))
        .map(PartitionCopyTest::text)
        .toList();
  }

  private static String text(StoredLease lease) {
    return "%d %s %d %s %s"
        .formatted(
            lease.id(),
            lease.client(),
            lease.deadline(),
            Arrays.toString(lease.positions()),
            Arrays.toString(lease.attempts()));
  }

  @Test
  void givesUpWhenSomethingMayHaveBeenWrittenThatItWasNotTold() {
    RandomWriter writer =
        new RandomWriter(source, open(source, SOURCE, 0), new SplittableRandom(1));
    write(writer, 10);
    PartitionCopy copy =
        new PartitionCopy(
            source, writer.opened(), target, open(target, TARGET, 100), new SplittableRandom(1));
    copy.listener().lost();

    assertThatThrownBy(() -> copy.approach(() -> true)).isInstanceOf(CopyException.class);
  }

  @Test
  void endsWhenItIsNotWantedAnyMore() {
    RandomWriter writer =
        new RandomWriter(source, open(source, SOURCE, 0), new SplittableRandom(1));
    write(writer, 100);
    PartitionCopy copy =
        new PartitionCopy(
            source, writer.opened(), target, open(target, TARGET, 100), new SplittableRandom(1));

    assertThat(copy.approach(() -> false)).isFalse();
    assertThat(copy.copied()).isZero();
  }
}
