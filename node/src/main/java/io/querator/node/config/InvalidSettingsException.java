package io.querator.node.config;

import static java.util.Objects.requireNonNull;

import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// The node cannot run with what it was given. The message has a line for each thing that is wrong.
public final class InvalidSettingsException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  InvalidSettingsException(List<Problem> problems) {
    super(problems.stream().map(Problem::toString).collect(Collectors.joining("\n")));
  }

  InvalidSettingsException(Origin origin, String text) {
    this(List.of(new Problem(origin, text)));
  }

  /// What is wrong, a line each.
  public Stream<String> lines() {
    return requireNonNull(getMessage()).lines();
  }
}
