/// What the calls of the API do on this node: which queues there are, which of their partitions
/// takes what, and how they come and go. Knows nothing of HTTP.
///
/// Read [io.querator.node.service.NodeService] first, then [io.querator.node.service.ServedQueue].
/// Calls run on threads of their callers, which may block. Queues and partitions come and go on one
/// thread, the [io.querator.node.service.Keeper]'s; work that takes long runs on virtual threads
/// and comes back to it. May use `queue`, `storage` and the limits in `client`.
@NullMarked
package io.querator.node.service;

import org.jspecify.annotations.NullMarked;
