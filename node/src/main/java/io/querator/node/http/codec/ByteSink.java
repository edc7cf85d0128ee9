package io.querator.node.http.codec;

import java.io.IOException;
import java.io.OutputStream;
import java.util.Arrays;

/// Gathers an answer in one array that is handed on without a copy.
final class ByteSink extends OutputStream {
  private byte[] buffer;
  private int length;

  ByteSink(int expectedBytes) {
    buffer = new byte[expectedBytes];
  }

  @Override
  public void write(int b) {
    reserve(1);
    buffer[length++] = (byte) b;
  }

  @Override
  public void write(byte[] source, int offset, int count) {
    reserve(count);
    System.arraycopy(source, offset, buffer, length, count);
    length += count;
  }

  int length() {
    return length;
  }

  /// Writes out what has been gathered, and begins anew.
  void drainTo(OutputStream out) throws IOException {
    out.write(buffer, 0, length);
    length = 0;
  }

  Encoded encoded() {
    return new Encoded(buffer, length);
  }

  private void reserve(int more) {
    int needed = Math.addExact(length, more);
    if (needed > buffer.length) {
      buffer =
          Arrays.copyOf(
              buffer, (int) Math.max(needed, Math.min(Integer.MAX_VALUE - 8L, buffer.length * 2L)));
    }
  }
}
