/// `querator cluster`: several nodes on this machine for trying failover, and questions to a
/// cluster that runs.
///
/// Start reading at [TrialCluster]. One thread uses it.
@NullMarked
package io.querator.node.trial;

import org.jspecify.annotations.NullMarked;
