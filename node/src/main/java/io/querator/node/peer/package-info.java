/// The HTTP between nodes: a client, and what proves that a request comes from another node.
///
/// It is a listener of its own. Whoever knows the cluster's secret is a node; nothing is encrypted,
/// so the network between nodes must be private. Read [io.querator.node.peer.PeerClient] first.
@NullMarked
package io.querator.node.peer;

import org.jspecify.annotations.NullMarked;
