package io.querator.storage.encoding;

import io.querator.storage.StorageException;
import java.io.ByteArrayOutputStream;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;

/// What a lease holds, in few bytes: runs of positions as [PositionRuns] has them, then runs of
/// equal attempts, for each its length and the attempts.
///
/// @param positions rising
/// @param attempts one for each position
public record HeldItems(long[] positions, int[] attempts) {
  public byte[] encode() {
    ByteArrayOutputStream out = new ByteArrayOutputStream(32);
    PositionRuns.write(out, positions);
    for (int from = 0; from < attempts.length; ) {
      int to = endOfEqual(from);
      PositionRuns.writeNumber(out, to - from);
      PositionRuns.writeNumber(out, attempts[from]);
      from = to;
    }
    return out.toByteArray();
  }

  private int endOfEqual(int from) {
    int to = from + 1;
    while (to < attempts.length && attempts[to] == attempts[from]) {
      to++;
    }
    return to;
  }

  /// @param count of the positions
  /// @throws StorageException.Corrupt if the bytes do not hold `count` positions
  public static HeldItems decode(byte[] bytes, int count) {
    try {
      ByteBuffer in = ByteBuffer.wrap(bytes);
      return new HeldItems(PositionRuns.read(in, count), decodeAttempts(in, count));
    } catch (BufferUnderflowException | IndexOutOfBoundsException e) {
      throw new StorageException.Corrupt(
          "a lease cannot be read: " + bytes.length + " bytes for " + count, e);
    }
  }

  private static int[] decodeAttempts(ByteBuffer in, int count) {
    int[] attempts = new int[count];
    for (int filled = 0; filled < count; ) {
      int end = filled + (int) PositionRuns.readNumber(in);
      int value = (int) PositionRuns.readNumber(in);
      while (filled < end) {
        attempts[filled++] = value;
      }
    }
    return attempts;
  }
}
