package io.querator.node;

import static java.util.Objects.requireNonNull;

import java.util.List;

/// Something that `querator` does.
///
/// @param name the first argument
/// @param summary a line for the help
/// @param action what it does
public record SubCommand(String name, String summary, Action action) {
  public SubCommand {
    requireNonNull(name, "name");
    requireNonNull(summary, "summary");
    requireNonNull(action, "action");
  }

  /// What a sub-command does.
  @FunctionalInterface
  public interface Action {
    /// Runs until it is done.
    ///
    /// @param arguments those after the name
    /// @return the exit status of the process
    int run(List<String> arguments) throws InterruptedException;
  }
}
