/// Storage in memory: the reference of what the ports promise, and what tests of other modules run
/// on.
///
/// Read [io.querator.storage.memory.MemoryPartitionStore] first. Nothing here is durable, and
/// nothing here owns a thread; each class is guarded by one lock. May use the root package of the
/// module only.
@NullMarked
package io.querator.storage.memory;

import org.jspecify.annotations.NullMarked;
