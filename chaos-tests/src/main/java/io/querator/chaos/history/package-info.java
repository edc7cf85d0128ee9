/// What happened during a run, as it is written to a file and read by the checker.
///
/// Start reading at [Entry].
@NullMarked
package io.querator.chaos.history;

import org.jspecify.annotations.NullMarked;
