/// What is kept, and how it is made durable: the [PartitionStore] port and the records that cross
/// it.
///
/// Read [PartitionStore] first. The port knows nothing of SQL, connections or transactions; its
/// implementations live in the packages below. Nothing here owns a thread.
@NullMarked
package io.querator.storage;

import org.jspecify.annotations.NullMarked;
