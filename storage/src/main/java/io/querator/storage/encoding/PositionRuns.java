package io.querator.storage.encoding;

import io.querator.storage.StorageException;
import java.io.ByteArrayOutputStream;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;

/// Rising positions in few bytes.
///
/// Layout: number of runs of consecutive positions; for each the distance of its first position
/// from the position after the last run, and its length. All numbers are unsigned, seven bits a
/// byte, lowest first; the high bit says that another byte follows.
public final class PositionRuns {
  private PositionRuns() {}

  /// @param positions rising
  public static byte[] encode(long[] positions) {
    ByteArrayOutputStream out = new ByteArrayOutputStream(32);
    write(out, positions);
    return out.toByteArray();
  }

  /// @param count of the positions
  /// @throws StorageException.Corrupt if the bytes do not hold `count` positions
  public static long[] decode(byte[] bytes, int count) {
    try {
      return read(ByteBuffer.wrap(bytes), count);
    } catch (BufferUnderflowException | IndexOutOfBoundsException e) {
      throw new StorageException.Corrupt(
          "positions cannot be read: " + bytes.length + " bytes for " + count, e);
    }
  }

  static void write(ByteArrayOutputStream out, long[] positions) {
    writeNumber(out, runs(positions));
    long next = 0;
    for (int from = 0; from < positions.length; ) {
      int to = endOfRun(positions, from);
      writeNumber(out, positions[from] - next);
      writeNumber(out, to - from);
      next = positions[to - 1] + 1;
      from = to;
    }
  }

  private static int runs(long[] positions) {
    int runs = 0;
    for (int from = 0; from < positions.length; from = endOfRun(positions, from)) {
      runs++;
    }
    return runs;
  }

  private static int endOfRun(long[] positions, int from) {
    int to = from + 1;
    while (to < positions.length && positions[to] == positions[to - 1] + 1) {
      to++;
    }
    return to;
  }

  static long[] read(ByteBuffer in, int count) {
    long[] positions = new long[count];
    long next = 0;
    int filled = 0;
    for (long runs = readNumber(in); runs > 0; runs--) {
      next += readNumber(in);
      for (long length = readNumber(in); length > 0; length--) {
        positions[filled++] = next++;
      }
    }
    return positions;
  }

  static void writeNumber(ByteArrayOutputStream out, long value) {
    long rest = value;
    while ((rest & ~0x7FL) != 0) {
      out.write((int) (rest & 0x7F | 0x80));
      rest >>>= 7;
    }
    out.write((int) rest);
  }

  static long readNumber(ByteBuffer in) {
    long value = 0;
    for (int shift = 0; ; shift += 7) {
      byte next = in.get();
      value |= (next & 0x7FL) << shift;
      if (next >= 0) {
        return value;
      }
    }
  }
}
