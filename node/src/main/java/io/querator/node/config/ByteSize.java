package io.querator.node.config;

import java.math.BigDecimal;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// A number of bytes, written as `5MB` (powers of 1000) or `64MiB` (powers of 1024).
///
/// @param bytes 0 or more
public record ByteSize(long bytes) {
  private static final Pattern TEXT =
      Pattern.compile("(\\d{1,18}(?:\\.\\d{1,9})?) *([kKMGT]i?B|B)?");

  private static final Map<Character, Integer> POWERS = Map.of('K', 1, 'M', 2, 'G', 3, 'T', 4);

  private static final String PREFIXES = "KMGT";

  public ByteSize {
    if (bytes < 0) {
      throw new IllegalArgumentException("a number of bytes is 0 or more, not " + bytes);
    }
  }

  /// The size that a text stands for: a decimal number and a unit of B, kB, MB, GB, TB, KiB, MiB,
  /// GiB, TiB; without a unit it is bytes.
  ///
  /// @throws IllegalArgumentException if it stands for none
  public static ByteSize parse(String text) {
    Matcher matcher = TEXT.matcher(text);
    if (!matcher.matches()) {
      throw invalid(text);
    }
    String unit = matcher.group(2) == null ? "B" : matcher.group(2);
    try {
      BigDecimal size = new BigDecimal(matcher.group(1)).multiply(BigDecimal.valueOf(factor(unit)));
      return new ByteSize(size.longValueExact());
    } catch (ArithmeticException e) {
      throw new IllegalArgumentException(
          "'" + text + "' is not a whole number of bytes below 8 EiB", e);
    }
  }

  private static IllegalArgumentException invalid(String text) {
    return new IllegalArgumentException(
        "'" + text + "' is not a size such as 500kB, 5MB, 64MiB or 1GiB");
  }

  private static long factor(String unit) {
    long base = unit.length() == 3 ? 1024 : 1000;
    int power = POWERS.getOrDefault(Character.toUpperCase(unit.charAt(0)), 0);
    long factor = 1;
    for (int i = 0; i < power; i++) {
      factor *= base;
    }
    return factor;
  }

  /// As an `int`, for interfaces that take no more.
  ///
  /// @throws ArithmeticException if it is too large
  public int toInt() {
    return Math.toIntExact(bytes);
  }

  /// The shortest exact text: `5MB`, `64MiB`, `1500B`.
  @Override
  public String toString() {
    String binary = text(1024, "iB");
    String decimal = text(1000, "B");
    return binary.length() <= decimal.length() ? binary : decimal;
  }

  private String text(long base, String suffix) {
    long value = bytes;
    int power = 0;
    while (value > 0 && value % base == 0 && power < PREFIXES.length()) {
      value /= base;
      power++;
    }
    if (power == 0) {
      return value + "B";
    }
    String prefix = PREFIXES.substring(power - 1, power);
    boolean kilo = base == 1000 && power == 1;
    return value + (kilo ? prefix.toLowerCase(Locale.ROOT) : prefix) + suffix;
  }
}
