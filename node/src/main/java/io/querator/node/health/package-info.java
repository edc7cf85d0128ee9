/// Whether the node works: what `/health`, `/health/live` and `/health/ready` answer.
///
/// Read [HealthReporter][io.querator.node.health.HealthReporter] first. Storages are asked by one
/// virtual thread each, at most once an interval, however often somebody asks; who asks waits no
/// longer than a time-out. [NodeState][io.querator.node.health.NodeState] is where the node itself
/// says how far it is.
@NullMarked
package io.querator.node.health;

import org.jspecify.annotations.NullMarked;
