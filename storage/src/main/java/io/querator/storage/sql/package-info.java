/// What stores on SQL databases have in common: pools of connections, what becomes of a turn whose
/// answer was lost, how partitions are taken over, and the port itself over what a
/// [io.querator.storage.sql.SqlDialect] says differently.
///
/// Read [io.querator.storage.sql.SqlPartitionStore] first, then [io.querator.storage.sql.Commit].
/// All work is done by the calling threads, except that a count runs on a virtual thread of its
/// own; the connection pools have their own threads.
@NullMarked
package io.querator.storage.sql;

import org.jspecify.annotations.NullMarked;
