/// Who owns which partition: a replicated state machine decides it, the database enforces it.
///
/// [io.querator.cluster.OwnershipTable] is that state machine, [io.querator.cluster.Balancer] its
/// rule of who gets what. Both are pure: no clock, no chance, no order of hashes, so that every
/// replica that applies the same commands holds the same state.
@NullMarked
package io.querator.cluster;

import org.jspecify.annotations.NullMarked;
