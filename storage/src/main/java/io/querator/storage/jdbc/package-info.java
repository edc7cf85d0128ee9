/// Storage in PostgreSQL 14 and newer: one table a partition, one fenced statement a turn.
///
/// Read [io.querator.storage.jdbc.PostgresPartitionStore] first, then
/// [io.querator.storage.jdbc.TurnStatement], which holds the statement that everything rests on,
/// and [io.querator.storage.jdbc.EpochUpdate], which makes late statements harmless. All work is
/// done by the calling threads, except that a take-over waits for locks on a virtual thread of its
/// own.
@NullMarked
package io.querator.storage.jdbc;

import org.jspecify.annotations.NullMarked;
