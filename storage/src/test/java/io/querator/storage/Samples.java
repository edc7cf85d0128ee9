package io.querator.storage;

import io.querator.storage.OpenResult.Opened;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;
import java.util.stream.LongStream;

/// Items, leases and batches for tests of stores.
public final class Samples {
  /// 2026-03-29T00:59:59.999999Z: the clocks of half of Europe change a microsecond later.
  public static final long NOW = 1_774_745_999_999_999L;

  private static final UUID INCARNATION = UUID.fromString("3f333df6-90a4-4fda-8dd3-9485d27cee36");

  private Samples() {}

  /// A claim of one node, by its `version`-th decision.
  public static Claim claim(long version) {
    return new Claim("node-1", INCARNATION, 1, version);
  }

  /// A ready item, number `count` of the epoch of `opened`.
  public static StoredItem item(Opened opened, long count) {
    return item(opened, count, "payload " + count);
  }

  public static StoredItem item(Opened opened, long count, String payload) {
    return item(opened, count, payload.getBytes(StandardCharsets.UTF_8));
  }

  public static StoredItem item(Opened opened, long count, byte[] payload) {
    return new StoredItem(
        head(Position.ready(opened.epoch(), count), ItemHead.READY),
        new ItemContent("welcome-email", "user-" + count, "json", payload));
  }

  /// A not-ready item that becomes ready at `dueAt`.
  public static StoredItem scheduled(Opened opened, long count, long dueAt) {
    return new StoredItem(
        head(Position.notReady(opened.epoch(), count), dueAt),
        new ItemContent("welcome-email", "user-" + count, "json", new byte[] {1, 2, 3}));
  }

  private static ItemHead head(long position, long dueAt) {
    return new ItemHead(position, NOW, NOW - 1, NOW + 3_600_000_001L, dueAt, 3, 5, "");
  }

  /// A lease, number `id` of the epoch of `opened`, of `positions` at their first attempt.
  public static StoredLease lease(Opened opened, long id, long... positions) {
    int[] attempts = new int[positions.length];
    Arrays.fill(attempts, 1);
    return new StoredLease(
        Position.ready(opened.epoch(), id), "client-" + id, NOW, positions, attempts);
  }

  public static long[] positions(List<StoredItem> items) {
    return items.stream().mapToLong(StoredItem::position).toArray();
  }

  /// The ready positions from number `from` to number `to`, both inclusive.
  public static long[] positions(Opened opened, long from, long to) {
    return LongStream.rangeClosed(from, to)
        .map(count -> Position.ready(opened.epoch(), count))
        .toArray();
  }

  public static BatchBuilder batch(Opened opened) {
    return new BatchBuilder(opened, new TurnToken(0));
  }
}
