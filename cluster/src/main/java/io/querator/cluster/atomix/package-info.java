/// The Raft group that replicates the [io.querator.cluster.OwnershipTable], on Atomix 3.1: the only
/// package that sees it.
///
/// Of Atomix it uses messaging, the heartbeat membership protocol and one `RaftServer` with one
/// service. Its facade, its partition groups and its other primitives are not used: their timers
/// are fixed, and snapshots mix the sessions of several services up.
@NullMarked
package io.querator.cluster.atomix;

import org.jspecify.annotations.NullMarked;
