package io.querator.node;

import io.querator.node.api.Refusals;
import io.querator.node.health.NodeState;
import io.querator.node.http.Authenticator;
import io.querator.node.http.Caller;
import io.querator.node.http.RequestHeaders;
import io.querator.node.peer.PeerClient;

/// Lets calls through while the node serves, and refuses them before and after. So the port can be
/// taken, and health be answered, before the storages are open.
///
/// It stands where callers are authenticated: before anything else of a call is looked at.
final class Gate implements Authenticator {
  private final NodeState state;
  private final Authenticator behind;
  private final boolean peers;

  Gate(NodeState state, Authenticator behind) {
    this(state, behind, false);
  }

  /// @param peers whether it stands before other nodes: their messages pass at any time, and what
  ///   they pass on as soon as this node joins them
  Gate(NodeState state, Authenticator behind, boolean peers) {
    this.state = state;
    this.behind = behind;
    this.peers = peers;
  }

  @Override
  public Caller authenticate(RequestHeaders headers) {
    if (peers && headers.path().startsWith(PeerClient.MESSAGES)) {
      return behind.authenticate(headers);
    }
    return switch (state.phase()) {
      case STARTING -> throw Refusals.starting();
      case JOINING -> {
        if (!peers) {
          throw Refusals.starting();
        }
        yield behind.authenticate(headers);
      }
      case SERVING, LEAVING -> behind.authenticate(headers);
      case STOPPING -> throw Refusals.shutdown();
      case LEFT -> throw Refusals.left();
    };
  }
}
