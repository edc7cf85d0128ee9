package io.querator.node.config;

import static java.util.Objects.requireNonNull;

/// The log, which goes to the standard output.
///
/// @param level of the project's own lines; libraries log warnings and errors only, unless it is
///   debug or trace
public record LogSettings(LogFormat format, LogLevel level) {
  static final LogSettings DEFAULT = new LogSettings(LogFormat.TEXT, LogLevel.INFO);

  public LogSettings {
    requireNonNull(format, "format");
    requireNonNull(level, "level");
  }
}
