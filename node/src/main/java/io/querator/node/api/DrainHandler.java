package io.querator.node.api;

import io.querator.client.Outcome;
import io.querator.client.Text;
import io.querator.client.message.ClusterNodeRequest;
import io.querator.client.message.Reply;
import io.querator.cluster.NodeId;
import io.querator.cluster.member.ClusterMember;
import io.querator.node.http.CallContext;
import io.querator.node.http.CallHandler;
import io.querator.node.http.ReplyException;
import org.jspecify.annotations.Nullable;

/// cluster.drain and cluster.undrain
///
/// @param member null if this node is in no cluster
record DrainHandler(@Nullable ClusterMember member, boolean draining)
    implements CallHandler<ClusterNodeRequest, Reply> {
  @Override
  public Reply handle(ClusterNodeRequest request, CallContext context) {
    String name = request.getNode();
    if (Text.isBlank(name)) {
      throw Refusals.invalid("node is invalid; node cannot be empty");
    }
    if (member == null || !isThere(member, name)) {
      throw Refusals.invalid("node does not exist; no such node named '" + name + "'");
    }
    if (!member.drain(new NodeId(name), draining)) {
      throw ReplyException.retry("cluster has no leader; try again later", Outcome.UNKNOWN);
    }
    return Refusals.DONE;
  }

  private static boolean isThere(ClusterMember member, String name) {
    return member.view().members().stream().anyMatch(one -> one.id().value().equals(name));
  }
}
