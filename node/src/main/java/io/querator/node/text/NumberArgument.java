package io.querator.node.text;

/// A whole number on a command line.
public final class NumberArgument {
  private NumberArgument() {}

  /// @param name of the option, for the message
  /// @throws UsageException if `text` is no number in [min, max]
  public static int parse(String name, String text, int min, int max) {
    try {
      int number = Integer.parseInt(text.strip());
      if (number >= min && number <= max) {
        return number;
      }
    } catch (NumberFormatException e) {
      // said below
    }
    throw new UsageException(
        "%s must be a number from %d to %d, not '%s'".formatted(name, min, max, text));
  }
}
