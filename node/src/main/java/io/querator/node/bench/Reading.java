package io.querator.node.bench;

import io.querator.node.process.MachineTimes;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/// All counters at one moment; null stands for one that cannot be read.
///
/// @param nanos of [System#nanoTime()]
/// @param items that count
/// @param benchCpu processor time of this process
/// @param nodeCpu that of all nodes
/// @param databaseCpu that of all processes of the database
/// @param walBytes of write-ahead log
/// @param deadRows that were made, for vacuum to remove
/// @param commits of partitions
/// @param machine that this process runs on
record Reading(
    long nanos,
    long items,
    @Nullable Duration benchCpu,
    @Nullable Duration nodeCpu,
    @Nullable Duration databaseCpu,
    @Nullable Long walBytes,
    @Nullable Long deadRows,
    @Nullable Long commits,
    @Nullable MachineTimes machine) {}
