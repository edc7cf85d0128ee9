/// What is tested: nodes, their database, and the links between them.
///
/// Start reading at [Cluster]; which databases there are is in [Storage].
@NullMarked
package io.querator.chaos.cluster;

import org.jspecify.annotations.NullMarked;
