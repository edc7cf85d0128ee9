/// How the log looks: one line an event, as text or as JSON, with the key-value pairs of SLF4J in
/// both, times in UTC, and nothing in it that could pass for another line.
///
/// Read [LineEncoder][io.querator.node.log.LineEncoder] first. `logback.xml` in the resources sets
/// it up, [Logging][io.querator.node.log.Logging] adapts it to the settings once these are known.
/// Encoders are called by whichever thread logs, one at a time.
@NullMarked
package io.querator.node.log;

import org.jspecify.annotations.NullMarked;
