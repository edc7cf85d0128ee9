/// Judges recorded histories.
///
/// Start reading at [Checker].
@NullMarked
package io.querator.chaos.check;

import org.jspecify.annotations.NullMarked;
