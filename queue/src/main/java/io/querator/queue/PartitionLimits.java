package io.querator.queue;

/// The bounds of one partition. Defaults: [#DEFAULT].
///
/// @param turnItems items that one turn takes (one larger request alone)
/// @param turnBytes bytes of content that one turn takes (one larger request alone)
/// @param mailboxItems items that may wait in the mailbox
/// @param mailboxBytes bytes of content that may wait in the mailbox
/// @param windowItems ready items held in memory
/// @param windowBytes bytes of content of these
/// @param refillItems rows that one refill reads
/// @param refillBytes bytes of content that one refill reads
/// @param scheduledItems scheduled items whose due time is held in memory
/// @param leaseBytes bytes of content in one lease answer (at least one item)
/// @param chunkItems rows that one step of a background scan reads or removes
/// @param deadItems dead items in one delivery
public record PartitionLimits(
    int turnItems,
    long turnBytes,
    long mailboxItems,
    long mailboxBytes,
    int windowItems,
    long windowBytes,
    int refillItems,
    long refillBytes,
    int scheduledItems,
    long leaseBytes,
    int chunkItems,
    int deadItems) {
  private static final long MIB = 1 << 20;

  public static final PartitionLimits DEFAULT =
      new PartitionLimits(
          5_000, 16 * MIB, 100_000, 64 * MIB, 20_000, 32 * MIB, 5_000, 8 * MIB, 10_000, 16 * MIB,
          5_000, 100);
}
