package io.querator.node.http.codec;

import java.util.Arrays;

/// Base64 of either alphabet, padded or not (RFC 4648).
final class Base64Text {
  /// Not a character of base64.
  private static final byte NONE = -1;

  /// The value of each character, with a mark where the two alphabets differ.
  private static final byte[] VALUES = new byte[128];

  private static final int STANDARD = 1;
  private static final int URL = 2;

  static {
    Arrays.fill(VALUES, NONE);
    String shared = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    for (int i = 0; i < shared.length(); i++) {
      VALUES[shared.charAt(i)] = (byte) i;
    }
    VALUES['+'] = 62;
    VALUES['-'] = 62;
    VALUES['/'] = 63;
    VALUES['_'] = 63;
  }

  private Base64Text() {}

  /// The most bytes that `length` characters can stand for.
  static int decodedBytesMax(int length) {
    return (int) (length * 3L / 4) + 3;
  }

  /// Writes what the text stands for to `out` from `at` on.
  ///
  /// @param out has room for [#decodedBytesMax]
  /// @return the number of bytes written, or -1 if the text is not base64
  static int decode(char[] text, int offset, int length, byte[] out, int at) {
    int digits = length - padding(text, offset, length);
    int tail = digits % 4;
    if (tail == 1 || (digits != length && (length % 4 != 0))) {
      return -1;
    }
    int end = offset + digits;
    int i = offset;
    int to = at;
    int alphabets = 0;
    int bad = 0;
    for (int whole = end - tail; i < whole; i += 4) {
      int a = value(text[i]);
      int b = value(text[i + 1]);
      int c = value(text[i + 2]);
      int d = value(text[i + 3]);
      bad |= a | b | c | d;
      if (a >= 62 || b >= 62 || c >= 62 || d >= 62) {
        alphabets |= alphabets(text, i, 4);
      }
      out[to++] = (byte) (a << 2 | b >> 4);
      out[to++] = (byte) (b << 4 | c >> 2);
      out[to++] = (byte) (c << 6 | d);
    }
    if (tail > 0) {
      int a = value(text[i]);
      int b = value(text[i + 1]);
      int c = tail == 3 ? value(text[i + 2]) : 0;
      bad |= a | b | c;
      alphabets |= alphabets(text, i, tail);
      out[to++] = (byte) (a << 2 | b >> 4);
      if (tail == 3) {
        out[to++] = (byte) (b << 4 | c >> 2);
      }
    }
    return bad < 0 || alphabets == (STANDARD | URL) ? -1 : to - at;
  }

  private static int padding(char[] text, int offset, int length) {
    int end = offset + length;
    if (length > 0 && text[end - 1] == '=') {
      return length > 1 && text[end - 2] == '=' ? 2 : 1;
    }
    return 0;
  }

  private static int value(char c) {
    return c < VALUES.length ? VALUES[c] : NONE;
  }

  private static int alphabets(char[] text, int from, int count) {
    int used = 0;
    for (int i = from; i < from + count; i++) {
      switch (text[i]) {
        case '+', '/' -> used |= STANDARD;
        case '-', '_' -> used |= URL;
        default -> {}
      }
    }
    return used;
  }
}
