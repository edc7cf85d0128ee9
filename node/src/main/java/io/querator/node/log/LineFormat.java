package io.querator.node.log;

import ch.qos.logback.classic.spi.ILoggingEvent;

/// A way to write an event. Implementations are safe for use by many threads.
interface LineFormat {
  /// Appends the event with a line end.
  void append(ILoggingEvent event, StringBuilder line);
}
