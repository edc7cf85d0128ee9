/// What the node counts and measures, in the text format of Prometheus.
///
/// Read [NodeMetrics][io.querator.node.metric.NodeMetrics] first. What the queues hold is read when
/// somebody asks ([QueueCollector][io.querator.node.metric.QueueCollector]); what passes by is
/// observed by the threads of others, without locks of our own. Labels come from bounded sets: the
/// paths and codes of the API, and the names of queues that exist.
@NullMarked
package io.querator.node.metric;

import org.jspecify.annotations.NullMarked;
