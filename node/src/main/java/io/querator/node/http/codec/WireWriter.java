package io.querator.node.http.codec;

import java.util.Arrays;

/// Writes protobuf's wire format into a growing array.
final class WireWriter {
  private static final int VARINT_BYTES_MAX = 10;

  private byte[] buffer;
  private int position;

  WireWriter(int expectedBytes) {
    buffer = new byte[Math.max(64, expectedBytes)];
  }

  byte[] buffer() {
    return buffer;
  }

  int position() {
    return position;
  }

  /// Forgets everything written since `position` was this.
  void rewind(int earlier) {
    position = earlier;
  }

  void varint(long value) {
    reserve(VARINT_BYTES_MAX);
    position = put(value, position);
  }

  void bytes(byte[] source, int offset, int length) {
    reserve(length);
    System.arraycopy(source, offset, buffer, position, length);
    position += length;
  }

  /// Begins a value whose length comes first but is known last; ends with [#endLength].
  int beginLength() {
    reserve(1);
    return ++position;
  }

  /// @param start what [#beginLength] returned
  void endLength(int start) {
    int length = position - start;
    int extra = varintBytes(length) - 1;
    if (extra > 0) {
      reserve(extra);
      System.arraycopy(buffer, start, buffer, start + extra, length);
      position += extra;
    }
    put(length, start - 1);
  }

  /// Writes the length of `text` in UTF-8, then the text.
  ///
  /// @return false, with nothing of use written, if a surrogate in it stands alone
  boolean utf8(char[] text, int offset, int length) {
    int start = beginLength();
    reserve(3 * length);
    byte[] out = buffer;
    int at = start;
    int end = offset + length;
    for (int i = offset; i < end; i++) {
      char c = text[i];
      if (c < 0x80) {
        out[at++] = (byte) c;
      } else if (c < 0x800) {
        out[at++] = (byte) (0xC0 | (c >> 6));
        out[at++] = (byte) (0x80 | (c & 0x3F));
      } else if (!Character.isSurrogate(c)) {
        out[at++] = (byte) (0xE0 | (c >> 12));
        out[at++] = (byte) (0x80 | ((c >> 6) & 0x3F));
        out[at++] = (byte) (0x80 | (c & 0x3F));
      } else if (i + 1 < end && Character.isSurrogatePair(c, text[i + 1])) {
        int point = Character.toCodePoint(c, text[++i]);
        out[at++] = (byte) (0xF0 | (point >> 18));
        out[at++] = (byte) (0x80 | ((point >> 12) & 0x3F));
        out[at++] = (byte) (0x80 | ((point >> 6) & 0x3F));
        out[at++] = (byte) (0x80 | (point & 0x3F));
      } else {
        return false;
      }
    }
    position = at;
    endLength(start);
    return true;
  }

  /// Writes the length of what `text` says in base64, then that.
  ///
  /// @return false, with nothing of use written, if it is not base64
  boolean base64(char[] text, int offset, int length) {
    int start = beginLength();
    reserve(Base64Text.decodedBytesMax(length));
    int decoded = Base64Text.decode(text, offset, length, buffer, start);
    if (decoded < 0) {
      return false;
    }
    position = start + decoded;
    endLength(start);
    return true;
  }

  static int varintBytes(long value) {
    return (Long.SIZE + 6 - Long.numberOfLeadingZeros(value | 1)) / 7;
  }

  private int put(long value, int at) {
    long rest = value;
    while ((rest & ~0x7FL) != 0) {
      buffer[at++] = (byte) (rest | 0x80);
      rest >>>= 7;
    }
    buffer[at++] = (byte) rest;
    return at;
  }

  private void reserve(int more) {
    long needed = (long) position + more;
    if (needed > buffer.length) {
      long grown = Math.max(needed, buffer.length * 2L);
      buffer =
          Arrays.copyOf(
              buffer, Math.toIntExact(Math.min(grown, Math.max(needed, Integer.MAX_VALUE - 8L))));
    }
  }
}
