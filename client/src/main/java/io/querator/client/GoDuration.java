package io.querator.client;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HexFormat;

/// Durations as the API writes them: the strings of Go's `time.ParseDuration` and
/// `Duration.String`.
///
/// Such a string is an optional sign and one or more decimal numbers, each with an optional
/// fraction and a unit of `ns`, `us` (or `µs`, with either of Unicode's two letters), `ms`, `s`,
/// `m`, `h`; `0` alone is allowed. A duration is from -2^63 to 2^63 - 1 nanoseconds.
public final class GoDuration {
  private static final long MICROSECOND = 1000;
  private static final long MILLISECOND = 1000 * MICROSECOND;
  private static final long SECOND = 1000 * MILLISECOND;
  private static final long MINUTE = 60 * SECOND;
  private static final long HOUR = 60 * MINUTE;

  private GoDuration() {}

  /// The duration that a text stands for.
  ///
  /// @throws InvalidDurationException if it stands for none, with the message that Go gives
  public static Duration parse(String text) {
    return Duration.ofNanos(new Reader(text).read());
  }

  /// The canonical text: `1m0s`, `24h0m0s`, `300ms`, `1.5s`, `0s`.
  ///
  /// @throws IllegalArgumentException if a duration is out of range
  public static String format(Duration duration) {
    try {
      return format(duration.toNanos());
    } catch (ArithmeticException e) {
      throw new IllegalArgumentException("duration out of range: " + duration, e);
    }
  }

  private static String format(long nanos) {
    if (nanos == 0) {
      return "0s";
    }
    StringBuilder out = new StringBuilder(32);
    if (nanos < 0) {
      out.append('-');
    }
    // 2^63, the absolute value of the least duration, is right only where it is read as unsigned.
    long rest = Math.abs(nanos);
    if (Long.compareUnsigned(rest, SECOND) < 0) {
      appendBelowSecond(out, rest);
      return out.toString();
    }
    long seconds = Long.divideUnsigned(rest, SECOND);
    long minutes = seconds / 60;
    if (minutes >= 60) {
      out.append(minutes / 60).append('h');
    }
    if (minutes > 0) {
      out.append(minutes % 60).append('m');
    }
    out.append(seconds % 60);
    appendFraction(out, Long.remainderUnsigned(rest, SECOND), SECOND);
    return out.append('s').toString();
  }

  private static void appendBelowSecond(StringBuilder out, long nanos) {
    long unit = nanos < MICROSECOND ? 1 : nanos < MILLISECOND ? MICROSECOND : MILLISECOND;
    out.append(nanos / unit);
    appendFraction(out, nanos % unit, unit);
    out.append(unit == 1 ? "ns" : unit == MICROSECOND ? "µs" : "ms");
  }

  private static void appendFraction(StringBuilder out, long nanos, long unit) {
    if (nanos == 0) {
      return;
    }
    out.append('.');
    long rest = nanos;
    for (long digit = unit / 10; rest > 0; digit /= 10) {
      out.append((char) ('0' + rest / digit));
      rest %= digit;
    }
  }

  /// Reads one text once. Magnitudes are unsigned: up to 2^63, that is [Long#MIN_VALUE].
  private static final class Reader {
    private static final long LIMIT = Long.MIN_VALUE;

    private final String text;
    private int at;

    Reader(String text) {
      this.text = text;
    }

    long read() {
      boolean negative = hasMore() && text.charAt(at) == '-';
      if (negative || (hasMore() && text.charAt(at) == '+')) {
        at++;
      }
      if (text.length() - at == 1 && text.charAt(at) == '0') {
        return 0;
      }
      if (!hasMore()) {
        throw invalid();
      }
      long sum = 0;
      while (hasMore()) {
        sum = checked(sum + readTerm());
      }
      if (sum == LIMIT && !negative) {
        throw invalid();
      }
      return negative ? -sum : sum;
    }

    /// A number and its unit, in nanoseconds.
    private long readTerm() {
      int start = at;
      long whole = readWhole();
      boolean anyDigit = at > start;
      Fraction fraction = Fraction.NONE;
      if (hasMore() && text.charAt(at) == '.') {
        at++;
        int fractionStart = at;
        fraction = readFraction();
        anyDigit |= at > fractionStart;
      }
      if (!anyDigit) {
        throw invalid();
      }
      long unit = readUnit();
      if (Long.compareUnsigned(whole, Long.divideUnsigned(LIMIT, unit)) > 0) {
        throw invalid();
      }
      return checked(whole * unit + fraction.of(unit));
    }

    private long readWhole() {
      long value = 0;
      for (; hasMore() && isDigit(text.charAt(at)); at++) {
        if (Long.compareUnsigned(value, Long.divideUnsigned(LIMIT, 10)) > 0) {
          throw invalid();
        }
        value = checked(value * 10 + (text.charAt(at) - '0'));
      }
      return value;
    }

    /// Digits beyond what fits are skipped, as Go does.
    private Fraction readFraction() {
      long value = 0;
      double scale = 1;
      boolean full = false;
      for (; hasMore() && isDigit(text.charAt(at)); at++) {
        long next = value * 10 + (text.charAt(at) - '0');
        full =
            full
                || Long.compareUnsigned(value, Long.MAX_VALUE / 10) > 0
                || Long.compareUnsigned(next, LIMIT) > 0;
        if (!full) {
          value = next;
          scale *= 10;
        }
      }
      return new Fraction(value, scale);
    }

    private long readUnit() {
      int start = at;
      while (hasMore() && text.charAt(at) != '.' && !isDigit(text.charAt(at))) {
        at++;
      }
      String unit = text.substring(start, at);
      return switch (unit) {
        case "" -> throw error("missing unit in duration");
        case "ns" -> 1;
        case "us", "\u00B5s", "\u03BCs" -> MICROSECOND;
        case "ms" -> MILLISECOND;
        case "s" -> SECOND;
        case "m" -> MINUTE;
        case "h" -> HOUR;
        default -> throw error("unknown unit " + quote(unit) + " in duration");
      };
    }

    private long checked(long magnitude) {
      if (Long.compareUnsigned(magnitude, LIMIT) > 0) {
        throw invalid();
      }
      return magnitude;
    }

    private boolean hasMore() {
      return at < text.length();
    }

    private InvalidDurationException invalid() {
      return error("invalid duration");
    }

    private InvalidDurationException error(String what) {
      return new InvalidDurationException("time: " + what + " " + quote(text));
    }

    private static boolean isDigit(char c) {
      return c >= '0' && c <= '9';
    }
  }

  /// `digits / scale` of a unit.
  private record Fraction(long digits, double scale) {
    static final Fraction NONE = new Fraction(0, 1);

    long of(long unit) {
      // In floating point and rounded down, because Go does so.
      double value = digits < 0 ? 0x1p63 : digits;
      return (long) (value * (unit / scale));
    }
  }

  /// In double quotes; a backslash before quotes and backslashes; control and non-ASCII characters
  /// as `\x` bytes of UTF-8.
  private static String quote(String text) {
    StringBuilder out = new StringBuilder(text.length() + 2).append('"');
    for (byte b : text.getBytes(StandardCharsets.UTF_8)) {
      if (b < ' ') {
        out.append("\\x").append(HexFormat.of().toHexDigits(b));
      } else {
        if (b == '"' || b == '\\') {
          out.append('\\');
        }
        out.append((char) b);
      }
    }
    return out.append('"').toString();
  }
}
