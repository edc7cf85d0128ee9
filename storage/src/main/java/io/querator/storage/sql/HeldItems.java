package io.querator.storage.sql;

import io.querator.storage.StorageException;
import java.io.ByteArrayOutputStream;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;

/// What a lease holds, in few bytes: runs of positions, then runs of equal attempts.
///
/// Layout: number of position runs; for each the distance of its first position from the position
/// after the last run, and its length; then for each run of attempts its length and the attempts.
/// All numbers are unsigned, seven bits a byte, lowest first; the high bit says that another byte
/// follows.
///
/// @param positions rising
/// @param attempts one for each position
public record HeldItems(long[] positions, int[] attempts) {
  public byte[] encode() {
    ByteArrayOutputStream out = new ByteArrayOutputStream(32);
    write(out, positionRuns());
    long next = 0;
    for (int from = 0; from < positions.length; ) {
      int to = endOfRun(from);
      write(out, positions[from] - next);
      write(out, to - from);
      next = positions[to - 1] + 1;
      from = to;
    }
    for (int from = 0; from < attempts.length; ) {
      int to = endOfEqual(from);
      write(out, to - from);
      write(out, attempts[from]);
      from = to;
    }
    return out.toByteArray();
  }

  private int positionRuns() {
    int runs = 0;
    for (int from = 0; from < positions.length; from = endOfRun(from)) {
      runs++;
    }
    return runs;
  }

  private int endOfRun(int from) {
    int to = from + 1;
    while (to < positions.length && positions[to] == positions[to - 1] + 1) {
      to++;
    }
    return to;
  }

  private int endOfEqual(int from) {
    int to = from + 1;
    while (to < attempts.length && attempts[to] == attempts[from]) {
      to++;
    }
    return to;
  }

  /// @param count of the positions
  public static HeldItems decode(byte[] bytes, int count) {
    try {
      ByteBuffer in = ByteBuffer.wrap(bytes);
      return new HeldItems(decodePositions(in, count), decodeAttempts(in, count));
    } catch (BufferUnderflowException | IndexOutOfBoundsException e) {
      throw new StorageException.Corrupt(
          "a lease cannot be read: " + bytes.length + " bytes for " + count, e);
    }
  }

  private static long[] decodePositions(ByteBuffer in, int count) {
    long[] positions = new long[count];
    long next = 0;
    int filled = 0;
    for (long runs = read(in); runs > 0; runs--) {
      next += read(in);
      for (long length = read(in); length > 0; length--) {
        positions[filled++] = next++;
      }
    }
    return positions;
  }

  private static int[] decodeAttempts(ByteBuffer in, int count) {
    int[] attempts = new int[count];
    for (int filled = 0; filled < count; ) {
      int end = filled + (int) read(in);
      int value = (int) read(in);
      while (filled < end) {
        attempts[filled++] = value;
      }
    }
    return attempts;
  }

  private static void write(ByteArrayOutputStream out, long value) {
    long rest = value;
    while ((rest & ~0x7FL) != 0) {
      out.write((int) (rest & 0x7F | 0x80));
      rest >>>= 7;
    }
    out.write((int) rest);
  }

  private static long read(ByteBuffer in) {
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
