package io.querator.client;

import static java.util.Objects.requireNonNull;

import java.util.Locale;

/// The largest request body of a call.
///
/// @param bytes 1 or more
/// @param text the limit as error messages name it, such as `5.0MB`
public record BodyLimit(int bytes, String text) {
  public BodyLimit {
    if (bytes < 1) {
      throw new IllegalArgumentException("body limit < 1 byte: " + bytes);
    }
    requireNonNull(text, "text");
  }

  /// A limit named in powers of 1000: `5.0MB`.
  public static BodyLimit decimal(int bytes) {
    return new BodyLimit(bytes, text(bytes, 1000, "kMG", "B"));
  }

  /// A limit named in powers of 1024: `250.0KiB`.
  public static BodyLimit binary(int bytes) {
    return new BodyLimit(bytes, text(bytes, 1024, "KMG", "iB"));
  }

  private static String text(int bytes, int unit, String prefixes, String suffix) {
    if (bytes < unit) {
      return bytes + "B";
    }
    double value = (double) bytes / unit;
    int power = 0;
    while (value >= unit) {
      value /= unit;
      power++;
    }
    return String.format(Locale.ROOT, "%.1f%c%s", value, prefixes.charAt(power), suffix);
  }
}
