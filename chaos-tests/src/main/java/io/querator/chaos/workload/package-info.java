/// The clients of a run, each on a virtual thread, and what they record.
///
/// Start reading at [Workload].
@NullMarked
package io.querator.chaos.workload;

import org.jspecify.annotations.NullMarked;
