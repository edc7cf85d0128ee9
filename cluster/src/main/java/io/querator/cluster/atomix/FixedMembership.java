package io.querator.cluster.atomix;

import io.atomix.cluster.ClusterMembershipEventListener;
import io.atomix.cluster.ClusterMembershipService;
import io.atomix.cluster.Member;
import io.atomix.cluster.MemberId;
import io.atomix.utils.net.Address;
import java.util.Collection;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// The voters, who never change: that one is away is noticed by Raft's own time-outs, not by a
/// second detector which would start elections at the same moment everywhere.
final class FixedMembership implements ClusterMembershipService {
  /// Nobody connects by it.
  private static final Address NOWHERE = Address.from("127.0.0.1", 1);

  private final Member local;
  private final Map<String, Member> members = new TreeMap<>();

  FixedMembership(MemberId own, Collection<MemberId> voters) {
    voters.forEach(voter -> members.put(voter.id(), Member.member(voter, NOWHERE)));
    local = Member.member(own, NOWHERE);
  }

  @Override
  public Member getLocalMember() {
    return local;
  }

  @Override
  public Set<Member> getMembers() {
    return Set.copyOf(members.values());
  }

  @Override
  public @Nullable Member getMember(MemberId memberId) {
    return members.get(memberId.id());
  }

  @Override
  public void addListener(ClusterMembershipEventListener listener) {
    // nothing ever changes
  }

  @Override
  public void removeListener(ClusterMembershipEventListener listener) {
    // nothing was added
  }
}
