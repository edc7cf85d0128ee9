package io.querator.node.config;

/// The least important lines that are logged.
public enum LogLevel {
  ERROR,
  WARN,
  INFO,
  DEBUG,
  TRACE
}
