package io.querator.storage.mongo;

/// How far an epoch came.
///
/// @param count the highest that any of its committed positions and leases has, -1 if none
/// @param turn number of its last committed turn
record End(long epoch, long count, long turn) {}
