package io.querator.node.config;

import io.querator.queue.PartitionLimits;

/// The bounds of one partition; see [PartitionLimits].
///
/// @param turnItems 1 to 100,000
/// @param turnSize 64 KiB to 256 MiB
/// @param mailboxItems 1,000 to 10,000,000
/// @param mailboxSize 1 MiB to 4 GiB
/// @param windowItems 1,000 to 1,000,000
/// @param windowSize 64 KiB to 4 GiB
/// @param refillItems 100 to 100,000
/// @param refillSize 64 KiB to 256 MiB
/// @param scheduledItems 100 to 1,000,000
/// @param leaseSize 64 KiB to 64 MiB
/// @param chunkItems 100 to 100,000
/// @param deadItems 1 to 1,000
public record PartitionSettings(
    int turnItems,
    ByteSize turnSize,
    int mailboxItems,
    ByteSize mailboxSize,
    int windowItems,
    ByteSize windowSize,
    int refillItems,
    ByteSize refillSize,
    int scheduledItems,
    ByteSize leaseSize,
    int chunkItems,
    int deadItems) {
  static final PartitionSettings DEFAULT = of(PartitionLimits.DEFAULT);

  public PartitionSettings {
    Range.check("turnItems", turnItems, 1, 100_000);
    Range.check("turnSize", turnSize, "64KiB", "256MiB");
    Range.check("mailboxItems", mailboxItems, 1_000, 10_000_000);
    Range.check("mailboxSize", mailboxSize, "1MiB", "4GiB");
    Range.check("windowItems", windowItems, 1_000, 1_000_000);
    Range.check("windowSize", windowSize, "64KiB", "4GiB");
    Range.check("refillItems", refillItems, 100, 100_000);
    Range.check("refillSize", refillSize, "64KiB", "256MiB");
    Range.check("scheduledItems", scheduledItems, 100, 1_000_000);
    Range.check("leaseSize", leaseSize, "64KiB", "64MiB");
    Range.check("chunkItems", chunkItems, 100, 100_000);
    Range.check("deadItems", deadItems, 1, 1_000);
    if (refillItems > windowItems) {
      throw new SettingException(
          "refillItems",
          "must not exceed window-items (%d), not %d".formatted(windowItems, refillItems));
    }
  }

  private static PartitionSettings of(PartitionLimits limits) {
    return new PartitionSettings(
        limits.turnItems(),
        new ByteSize(limits.turnBytes()),
        Math.toIntExact(limits.mailboxItems()),
        new ByteSize(limits.mailboxBytes()),
        limits.windowItems(),
        new ByteSize(limits.windowBytes()),
        limits.refillItems(),
        new ByteSize(limits.refillBytes()),
        limits.scheduledItems(),
        new ByteSize(limits.leaseBytes()),
        limits.chunkItems(),
        limits.deadItems());
  }

  /// The same in the engine's words.
  public PartitionLimits toLimits() {
    return new PartitionLimits(
        turnItems,
        turnSize.bytes(),
        mailboxItems,
        mailboxSize.bytes(),
        windowItems,
        windowSize.bytes(),
        refillItems,
        refillSize.bytes(),
        scheduledItems,
        leaseSize.bytes(),
        chunkItems,
        deadItems);
  }
}
