package io.querator.node.http.codec;

/// Whole numbers in the notation of JSON, which allows `1.0`, `1e2` and `100e-2` too.
final class IntegerText {
  /// No value of the text; beyond what any field holds.
  static final long NONE = Long.MIN_VALUE;

  /// Digits that a `long` is sure to hold; more than any 32-bit number has.
  private static final int DIGITS_MAX = 18;

  private static final int EXPONENT_MAX = 10_000;

  private final char[] text;
  private final int end;
  private int at;

  private IntegerText(char[] text, int offset, int length) {
    this.text = text;
    this.at = offset;
    this.end = offset + length;
  }

  /// The value, or [#NONE] if the text is not a number, not whole, or has more than 18 digits.
  ///
  /// Takes time in proportion to the length of the text, whatever its exponent.
  static long parse(char[] text, int offset, int length) {
    return new IntegerText(text, offset, length).parse();
  }

  private long parse() {
    boolean negative = skip('-');
    int first = at;
    long value = 0;
    int digits = 0;
    int zeros = 0; // after the last digit that is not 0
    int shift = 0; // the exponent of the last digit
    boolean fraction = false;
    for (; at < end; at++) {
      char c = text[at];
      if (c == '.' && !fraction && at > first) {
        fraction = true;
        if (at + 1 == end || !isDigit(text[at + 1])) {
          return NONE;
        }
        continue;
      }
      if (!isDigit(c)) {
        break;
      }
      if (fraction) {
        shift--;
      }
      if (c == '0') {
        zeros++;
        continue;
      }
      int more = value == 0 ? 1 : zeros + 1;
      digits += more;
      if (digits > DIGITS_MAX) {
        return NONE;
      }
      value = value * power(more) + (c - '0');
      zeros = 0;
    }
    if (at == first || (text[first] == '0' && at > first + 1 && isDigit(text[first + 1]))) {
      return NONE;
    }
    shift += zeros;
    if (at < end) {
      int exponent = exponent();
      if (exponent == Integer.MIN_VALUE) {
        return NONE;
      }
      shift += exponent;
    }
    if (value == 0) {
      return 0;
    }
    if (shift < 0 || shift + digits > DIGITS_MAX) {
      return NONE;
    }
    value *= power(shift);
    return negative ? -value : value;
  }

  /// The exponent that the rest of the text says, held within ±[#EXPONENT_MAX]; `Integer.MIN_VALUE`
  /// if it is none.
  private int exponent() {
    if (!skip('e') && !skip('E')) {
      return Integer.MIN_VALUE;
    }
    boolean negative = skip('-');
    if (!negative) {
      skip('+');
    }
    if (at == end) {
      return Integer.MIN_VALUE;
    }
    int exponent = 0;
    for (; at < end; at++) {
      if (!isDigit(text[at])) {
        return Integer.MIN_VALUE;
      }
      exponent = Math.min(EXPONENT_MAX, exponent * 10 + (text[at] - '0'));
    }
    return negative ? -exponent : exponent;
  }

  private boolean skip(char c) {
    if (at < end && text[at] == c) {
      at++;
      return true;
    }
    return false;
  }

  private static boolean isDigit(char c) {
    return c >= '0' && c <= '9';
  }

  private static long power(int exponent) {
    long power = 1;
    for (int i = 0; i < exponent; i++) {
      power *= 10;
    }
    return power;
  }
}
