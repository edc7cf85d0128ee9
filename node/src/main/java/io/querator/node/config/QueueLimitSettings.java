package io.querator.node.config;

import org.jspecify.annotations.Nullable;

/// How much all queues of a node may hold, and each of them.
///
/// @param queuesMax 1 to 100,000 queues
/// @param partitionsMax 1 to 100,000 partitions, of all queues
/// @param partitionsPerQueueMax 1 to 10,000
/// @param leasesMax 1,000 to 10,000,000 items under a lease at the same time
/// @param windowMemory 16 MiB or more for ready items of all partitions; absent: a quarter of the
///   heap
/// @param waitersPerQueueMax 1 to 1,000,000 lease calls that wait on one queue
/// @param loadsMax 1 to 1,000 partitions that read their memory from the database at once
/// @param deleteNeedsForce whether a queue that is not empty, or is another's dead queue, is
///   deleted only by force
/// @param partition the bounds of each partition
public record QueueLimitSettings(
    int queuesMax,
    int partitionsMax,
    int partitionsPerQueueMax,
    int leasesMax,
    @Nullable ByteSize windowMemory,
    int waitersPerQueueMax,
    int loadsMax,
    boolean deleteNeedsForce,
    PartitionSettings partition) {
  static final QueueLimitSettings DEFAULT =
      new QueueLimitSettings(
          10_000, 20_000, 1_000, 1_000_000, null, 20_000, 16, false, PartitionSettings.DEFAULT);

  public QueueLimitSettings {
    Range.check("queuesMax", queuesMax, 1, 100_000);
    Range.check("partitionsMax", partitionsMax, 1, 100_000);
    Range.check("partitionsPerQueueMax", partitionsPerQueueMax, 1, 10_000);
    Range.check("leasesMax", leasesMax, 1_000, 10_000_000);
    if (windowMemory != null) {
      Range.check("windowMemory", windowMemory, "16MiB", "1TiB");
    }
    Range.check("waitersPerQueueMax", waitersPerQueueMax, 1, 1_000_000);
    Range.check("loadsMax", loadsMax, 1, 1_000);
  }

  /// The memory for ready items.
  ///
  /// @param heapBytes of this process
  public long windowBytes(long heapBytes) {
    return windowMemory == null ? heapBytes / 4 : windowMemory.bytes();
  }
}
