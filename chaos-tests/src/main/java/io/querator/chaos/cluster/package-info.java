/// What is tested: nodes, their database, and the links between them.
///
/// Start reading at [Cluster].
@NullMarked
package io.querator.chaos.cluster;

import org.jspecify.annotations.NullMarked;
