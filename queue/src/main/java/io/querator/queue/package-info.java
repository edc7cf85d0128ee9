/// What produce, lease, complete and retry mean: the partition loop, a pure library over a
/// [io.querator.storage.PartitionStore].
@NullMarked
package io.querator.queue;

import org.jspecify.annotations.NullMarked;
