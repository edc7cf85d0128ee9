package io.querator.node.service;

import static java.util.Objects.requireNonNull;

import io.querator.queue.PartitionLimits;

/// What a node's queues may take. Defaults: [#DEFAULT].
///
/// @param owner the node's name, kept with the partitions that it opens
/// @param queuesMax how many queues there may be
/// @param partitionsMax how many partitions all queues together may have
/// @param partitionsPerQueueMax how many partitions one queue may ask for
/// @param waitersPerQueueMax how many lease calls may wait on one queue
/// @param leasesMax how many items may be under a lease on this node
/// @param windowBytes content of ready items held in memory on this node
/// @param loadsMax how many partitions read their memory at once
/// @param deleteNeedsForce whether a queue that is not empty, or is another's dead queue, is
///   deleted only by force
/// @param partition the bounds of each partition
public record ServiceSettings(
    String owner,
    int queuesMax,
    int partitionsMax,
    int partitionsPerQueueMax,
    int waitersPerQueueMax,
    int leasesMax,
    long windowBytes,
    int loadsMax,
    boolean deleteNeedsForce,
    PartitionLimits partition) {
  public static final ServiceSettings DEFAULT =
      new ServiceSettings(
          "node",
          10_000,
          20_000,
          1_000,
          20_000,
          1_000_000,
          512L << 20,
          16,
          false,
          PartitionLimits.DEFAULT);

  public ServiceSettings {
    requireNonNull(owner, "owner");
    requireNonNull(partition, "partition");
    if (queuesMax < 1
        || partitionsMax < 1
        || partitionsPerQueueMax < 1
        || waitersPerQueueMax < 1
        || leasesMax < 1
        || windowBytes < 1
        || loadsMax < 1) {
      throw new IllegalArgumentException("a limit is below 1");
    }
  }
}
