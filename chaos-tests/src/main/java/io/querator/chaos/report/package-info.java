/// Figures and pages about runs.
///
/// Start reading at [Report].
@NullMarked
package io.querator.chaos.report;

import org.jspecify.annotations.NullMarked;
