/// Proves that a cluster loses nothing, whatever breaks.
///
/// Start reading at [ChaosRun]. It knows the product by `io.querator.client` alone; of its other
/// parts it only uses the embedded PostgreSQL and what starts processes.
@NullMarked
package io.querator.chaos;

import org.jspecify.annotations.NullMarked;
