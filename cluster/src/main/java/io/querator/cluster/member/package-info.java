/// A process as a member of the cluster: it says that it lives, follows the ownership table, and,
/// where it leads the Raft group, writes it. Read [io.querator.cluster.member.ClusterMember] first.
///
/// Everything that decides is in [io.querator.cluster]; here are its threads and its messages.
@NullMarked
package io.querator.cluster.member;

import org.jspecify.annotations.NullMarked;
