package io.querator.storage;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// What every [Catalogue] must do. Each test uses names of its own, so that a database may be
/// shared.
public abstract class CatalogueContract {
  private String prefix = "";

  @BeforeEach
  void choosePrefix() {
    prefix = UUID.randomUUID() + " ";
  }

  /// The catalogue under test, the same during a test.
  protected abstract Catalogue catalogue();

  private QueueRecord queue(String name, long version, int partitions) {
    List<PartitionRecord> records = new ArrayList<>();
    for (int i = 0; i < partitions; i++) {
      PartitionRecord unmoved =
          new PartitionRecord(
              i,
              new PartitionKey(i % 2 == 0 ? Long.MIN_VALUE + i : i),
              "storage " + i,
              i % 3 == 0 ? PartitionRecord.State.DRAINING : PartitionRecord.State.ACTIVE);
      PartitionKey fresh = new PartitionKey(Long.MAX_VALUE - i);
      records.add(
          switch (i % 4) {
            case 1 -> unmoved.relocating(new Relocation("other 'quoted' 😀", null));
            case 2 -> unmoved.at(new Location("other", fresh));
            case 3 -> unmoved.relocating(new Relocation("other", fresh));
            default -> unmoved;
          });
    }
    return new QueueRecord(
        prefix + name,
        version,
        "_system",
        Instant.parse("2026-03-29T00:59:59.999999Z"),
        Instant.parse("1999-12-31T23:59:59.000001Z"),
        "dead 'quoted' \\ 😀",
        "",
        Duration.ofNanos(1_000),
        Duration.ofDays(365_000).plusNanos(7_000),
        65_536,
        partitions,
        records,
        partitions + 1,
        Instant.EPOCH);
  }

  @Test
  void keepsEveryFieldOfAQueue() {
    QueueRecord queue = queue("a/b 'c' \"d\" ../😀", 1, 5);
    QueueRecord empty = queue("", 1, 0);

    assertThat(catalogue().create(queue)).isTrue();
    assertThat(catalogue().create(empty)).isTrue();

    assertThat(catalogue().queue(queue.name())).contains(queue);
    assertThat(catalogue().queue(empty.name())).contains(empty);
    assertThat(catalogue().queue(prefix + "none")).isEmpty();
  }

  @Test
  void keepsAThousandPartitions() {
    QueueRecord queue = queue("large", 1, 1_000);

    catalogue().create(queue);

    assertThat(catalogue().queue(queue.name())).contains(queue);
  }

  @Test
  void createsANameOnce() {
    catalogue().create(queue("a", 1, 1));

    assertThat(catalogue().create(queue("a", 1, 2))).isFalse();

    assertThat(catalogue().queue(prefix + "a")).contains(queue("a", 1, 1));
  }

  @Test
  void listsQueuesInTheOrderOfTheirBytes() {
    List<String> names = List.of("A", "Z", "a", "aa", "b", "é", "ｚ", "😀");
    for (String name : List.of("é", "😀", "b", "Z", "ｚ", "aa", "a", "A")) {
      catalogue().create(queue(name, 1, 1));
    }

    List<QueueRecord> queues = catalogue().queues();

    assertThat(queues)
        .filteredOn(queue -> queue.name().startsWith(prefix))
        .extracting(queue -> queue.name().substring(prefix.length()))
        .containsExactlyElementsOf(names);
  }

  @Test
  void replacesTheVersionBefore() {
    catalogue().create(queue("a", 1, 1));

    assertThat(catalogue().replace(queue("a", 2, 3))).isTrue();
    assertThat(catalogue().replace(queue("a", 2, 4))).isFalse();
    assertThat(catalogue().replace(queue("a", 4, 4))).isFalse();
    assertThat(catalogue().replace(queue("none", 2, 4))).isFalse();

    assertThat(catalogue().queue(prefix + "a")).contains(queue("a", 2, 3));
  }

  @Test
  void deletesAtAVersion() {
    catalogue().create(queue("a", 1, 1));

    assertThat(catalogue().delete(prefix + "a", 2)).isFalse();
    assertThat(catalogue().delete(prefix + "none", 1)).isFalse();
    assertThat(catalogue().delete(prefix + "a", 1)).isTrue();
    assertThat(catalogue().delete(prefix + "a", 1)).isFalse();

    assertThat(catalogue().queue(prefix + "a")).isEmpty();
    assertThat(catalogue().create(queue("a", 1, 2))).isTrue();
  }

  @Test
  void letsOneOfManyChangesWin() {
    catalogue().create(queue("a", 1, 1));

    List<CompletableFuture<Boolean>> changes =
        IntStream.range(0, 8)
            .mapToObj(i -> Async.supply(() -> catalogue().replace(queue("a", 2, i))))
            .toList();

    assertThat(changes.stream().filter(CompletableFuture::join)).hasSize(1);
  }
}
