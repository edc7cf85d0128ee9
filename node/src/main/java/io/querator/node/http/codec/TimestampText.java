package io.querator.node.http.codec;

/// Points in time as RFC 3339 says them, for years 1 to 9999.
final class TimestampText {
  /// As long as a written time can be: `9999-12-31T23:59:59.999999999Z`.
  static final int LENGTH_MAX = 30;

  static final long SECONDS_MIN = -62_135_596_800L;
  static final long SECONDS_MAX = 253_402_300_799L;
  private static final int NANOS_MAX = 999_999_999;
  private static final int NANO_DIGITS = 9;
  private static final int DAY_SECONDS = 86_400;

  /// Days from 0000-03-01 to 1970-01-01, in the proleptic Gregorian calendar.
  private static final int EPOCH_DAYS = 719_468;

  private static final int ERA_DAYS = 146_097;

  private final char[] text;
  private final int end;
  private int at;
  private boolean bad;
  private int nanos;

  private TimestampText(char[] text, int offset, int length) {
    this.text = text;
    this.at = offset;
    this.end = offset + length;
  }

  /// Appends the time that the text says as a `google.protobuf.Timestamp`, with its length in
  /// front.
  ///
  /// @return false, with nothing written, if the text is not a time within the range
  static boolean parse(char[] text, int offset, int length, WireWriter out) {
    TimestampText parser = new TimestampText(text, offset, length);
    long seconds = parser.seconds();
    if (parser.bad || seconds < SECONDS_MIN || seconds > SECONDS_MAX) {
      return false;
    }
    int start = out.beginLength();
    if (seconds != 0) {
      out.varint(0x08);
      out.varint(seconds);
    }
    if (parser.nanos != 0) {
      out.varint(0x10);
      out.varint(parser.nanos);
    }
    out.endLength(start);
    return true;
  }

  /// Writes the time in UTC with 0, 3, 6 or 9 digits of a second.
  ///
  /// @param out has room for [#LENGTH_MAX] bytes
  /// @return the number of bytes written
  /// @throws IllegalStateException if the time is out of range: the server's mistake
  static int format(long seconds, int nanos, byte[] out) {
    if (seconds < SECONDS_MIN || seconds > SECONDS_MAX || nanos < 0 || nanos > NANOS_MAX) {
      throw new IllegalStateException("timestamp out of range: " + seconds + " s " + nanos + " ns");
    }
    formatDate(Math.floorDiv(seconds, DAY_SECONDS), out);
    int second = Math.floorMod(seconds, DAY_SECONDS);
    out[10] = 'T';
    digits(second / 3600, 2, out, 11);
    out[13] = ':';
    digits(second / 60 % 60, 2, out, 14);
    out[16] = ':';
    digits(second % 60, 2, out, 17);
    int at = 19;
    if (nanos != 0) {
      out[at++] = '.';
      if (nanos % 1_000_000 == 0) {
        at = digits(nanos / 1_000_000, 3, out, at);
      } else if (nanos % 1000 == 0) {
        at = digits(nanos / 1000, 6, out, at);
      } else {
        at = digits(nanos, 9, out, at);
      }
    }
    out[at++] = 'Z';
    return at;
  }

  /// Days count from 1 March, so that the leap day is a year's last (Howard Hinnant,
  /// "chrono-Compatible Low-Level Date Algorithms").
  private static void formatDate(long epochDay, byte[] out) {
    long days = epochDay + EPOCH_DAYS;
    int era = (int) (days / ERA_DAYS);
    int dayOfEra = (int) (days % ERA_DAYS);
    int yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365;
    int dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100);
    int shifted = (5 * dayOfYear + 2) / 153;
    int month = shifted < 10 ? shifted + 3 : shifted - 9;
    int year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0);
    digits(year, 4, out, 0);
    out[4] = '-';
    digits(month, 2, out, 5);
    out[7] = '-';
    digits(dayOfYear - (153 * shifted + 2) / 5 + 1, 2, out, 8);
  }

  private static long epochDay(int year, int month, int day) {
    int y = month <= 2 ? year - 1 : year;
    int era = Math.floorDiv(y, 400);
    int yearOfEra = y - era * 400;
    int dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
    return (long) era * ERA_DAYS
        + yearOfEra * 365L
        + yearOfEra / 4
        - yearOfEra / 100
        + dayOfYear
        - EPOCH_DAYS;
  }

  private static int monthDays(int year, int month) {
    return switch (month) {
      case 4, 6, 9, 11 -> 30;
      case 2 -> (year % 4 == 0 && year % 100 != 0) || year % 400 == 0 ? 29 : 28;
      default -> 31;
    };
  }

  private static int digits(int value, int count, byte[] out, int from) {
    int rest = value;
    for (int i = from + count - 1; i >= from; i--) {
      out[i] = (byte) ('0' + rest % 10);
      rest /= 10;
    }
    return from + count;
  }

  private long seconds() {
    int year = number(4, 0, 9999);
    expect('-');
    int month = number(2, 1, 12);
    expect('-');
    int day = number(2, 1, monthDays(year, month));
    expect('T');
    int hour = number(2, 0, 23);
    expect(':');
    int minute = number(2, 0, 59);
    expect(':');
    int second = number(2, 0, 59);
    if (at < end && text[at] == '.') {
      at++;
      fraction();
    }
    int offset = offset();
    bad |= at != end;
    int secondOfDay = hour * 3600 + minute * 60 + second;
    return bad ? 0 : epochDay(year, month, day) * DAY_SECONDS + secondOfDay - offset;
  }

  private void fraction() {
    int from = at;
    while (at < end && text[at] >= '0' && text[at] <= '9' && at - from < NANO_DIGITS) {
      nanos = nanos * 10 + (text[at++] - '0');
    }
    bad |= at == from;
    for (int count = at - from; count < NANO_DIGITS; count++) {
      nanos *= 10;
    }
  }

  /// Seconds to the east of UTC.
  private int offset() {
    if (at < end && text[at] == 'Z') {
      at++;
      return 0;
    }
    boolean west = at < end && text[at] == '-';
    if (!west) {
      expect('+');
    } else {
      at++;
    }
    int hours = number(2, 0, 23);
    expect(':');
    int seconds = hours * 3600 + number(2, 0, 59) * 60;
    return west ? -seconds : seconds;
  }

  private void expect(char c) {
    if (at < end && text[at] == c) {
      at++;
    } else {
      bad = true;
    }
  }

  private int number(int count, int min, int max) {
    int value = 0;
    for (int i = 0; i < count; i++) {
      int digit = at < end ? text[at++] - '0' : -1;
      bad |= digit < 0 || digit > 9;
      value = value * 10 + digit;
    }
    bad |= value < min || value > max;
    return value;
  }
}
