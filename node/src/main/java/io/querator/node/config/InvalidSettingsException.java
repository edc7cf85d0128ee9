package io.querator.node.config;

import java.util.List;
import java.util.stream.Collectors;

/// The node cannot run with what it was given. The message has a line for each thing that is wrong.
public final class InvalidSettingsException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  InvalidSettingsException(List<Problem> problems) {
    super(problems.stream().map(Problem::toString).collect(Collectors.joining("\n")));
  }

  InvalidSettingsException(Origin origin, String text) {
    this(List.of(new Problem(origin, text)));
  }
}
