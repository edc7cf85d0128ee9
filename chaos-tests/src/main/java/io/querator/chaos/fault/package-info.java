/// What is broken, when, and how.
///
/// Start reading at [Plan].
@NullMarked
package io.querator.chaos.fault;

import org.jspecify.annotations.NullMarked;
