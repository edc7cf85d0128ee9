package io.querator.node.config;

/// How a line of the log is written.
public enum LogFormat {
  /// For people.
  TEXT,
  /// For programs: one JSON object a line.
  JSON
}
