package io.querator.node.http.codec;

import com.google.protobuf.WireFormat;
import java.nio.charset.StandardCharsets;

/// Reads protobuf's wire format from a part of an array.
///
/// Every method throws a [CodecException] if the data ends early or cannot be.
final class WireReader {
  private static final int VARINT_BYTES_MAX = 10;
  private static final int GROUP_DEPTH_MAX = 32;

  private final byte[] buffer;
  private final int end;
  private int position;

  WireReader(byte[] buffer, int end) {
    this.buffer = buffer;
    this.end = end;
  }

  byte[] buffer() {
    return buffer;
  }

  int position() {
    return position;
  }

  int end() {
    return end;
  }

  /// Takes the next `length` bytes and returns where they begin.
  int take(int length) {
    if (length < 0 || length > end - position) {
      throw CodecException.malformed();
    }
    int start = position;
    position += length;
    return start;
  }

  /// Reads a length and returns where what it measures will end.
  int endOfLength() {
    int length = varint32();
    if (length < 0 || length > end - position) {
      throw CodecException.malformed();
    }
    return position + length;
  }

  String string() {
    int length = varint32();
    return new String(buffer, take(length), length, StandardCharsets.UTF_8);
  }

  int varint32() {
    return (int) varint64();
  }

  long varint64() {
    long value = 0;
    for (int i = 0; i < VARINT_BYTES_MAX; i++) {
      if (position >= end) {
        throw CodecException.malformed();
      }
      byte b = buffer[position++];
      value |= (long) (b & 0x7F) << (7 * i);
      if (b >= 0) {
        return value;
      }
    }
    throw CodecException.malformed();
  }

  /// Skips the value of a field whose tag has been read.
  void skip(int tag) {
    skip(tag, 0);
  }

  private void skip(int tag, int depth) {
    if (tag >>> 3 == 0) {
      throw CodecException.malformed();
    }
    switch (tag & 7) {
      case WireFormat.WIRETYPE_VARINT -> varint64();
      case WireFormat.WIRETYPE_FIXED64 -> take(8);
      case WireFormat.WIRETYPE_FIXED32 -> take(4);
      case WireFormat.WIRETYPE_LENGTH_DELIMITED -> take(varint32());
      case WireFormat.WIRETYPE_START_GROUP -> skipGroup(tag, depth);
      default -> throw CodecException.malformed();
    }
  }

  private void skipGroup(int start, int depth) {
    if (depth == GROUP_DEPTH_MAX) {
      throw CodecException.malformed();
    }
    int endTag = (start & ~7) | WireFormat.WIRETYPE_END_GROUP;
    for (int tag = varint32(); tag != endTag; tag = varint32()) {
      skip(tag, depth + 1);
    }
  }
}
