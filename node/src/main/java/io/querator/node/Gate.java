package io.querator.node;

import io.querator.client.Outcome;
import io.querator.client.ReplyCode;
import io.querator.node.health.NodeState;
import io.querator.node.http.Authenticator;
import io.querator.node.http.Caller;
import io.querator.node.http.ReplyException;
import io.querator.node.http.RequestHeaders;
import io.querator.node.peer.PeerClient;

/// Lets calls through while the node serves, and refuses them before and after. So the port can be
/// taken, and health be answered, before the storages are open.
///
/// It stands where callers are authenticated: before anything else of a call is looked at.
final class Gate implements Authenticator {
  private final NodeState state;
  private final Authenticator behind;
  private final boolean messages;

  Gate(NodeState state, Authenticator behind) {
    this(state, behind, false);
  }

  /// @param messages whether messages between nodes pass also while the node does not serve
  Gate(NodeState state, Authenticator behind, boolean messages) {
    this.state = state;
    this.behind = behind;
    this.messages = messages;
  }

  @Override
  public Caller authenticate(RequestHeaders headers) {
    if (messages && headers.path().startsWith(PeerClient.MESSAGES)) {
      return behind.authenticate(headers);
    }
    return switch (state.phase()) {
      case STARTING ->
          throw ReplyException.retry("service is starting; try again later", Outcome.NOT_EXECUTED);
      case SERVING, LEAVING -> behind.authenticate(headers);
      case STOPPING ->
          throw new ReplyException(ReplyCode.REQUEST_FAILED, "service is shutting down");
    };
  }
}
