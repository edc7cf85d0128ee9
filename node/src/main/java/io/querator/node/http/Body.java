package io.querator.node.http;

import io.helidon.common.buffers.DataReader;
import io.querator.client.BodyLimit;
import io.querator.client.ReplyCode;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Arrays;

/// The body of a request: the first `length` bytes of `bytes`.
record Body(byte[] bytes, int length) {
  /// What is reserved for a body before any of it has arrived.
  private static final int INITIAL_BYTES = 16 * 1024;

  /// Reads a body to its end, into an array that grows with what has arrived, not with what was
  /// announced.
  ///
  /// @param announced its length, within its limit; -1 if it comes in chunks
  /// @throws ReplyException with 400 if it is larger than its limit, with 454 if `share` cannot be
  ///   as large
  static Body read(
      InputStream in,
      long announced,
      BodyLimit limit,
      RequestReader reader,
      ByteBudget.Share share) {
    byte[] bytes =
        new byte[announced < 0 ? INITIAL_BYTES : (int) Math.min(announced, INITIAL_BYTES)];
    int length = 0;
    try {
      while (true) {
        if (length == bytes.length && length != announced) {
          bytes =
              Arrays.copyOf(bytes, grown(length, announced < 0 ? limit.bytes() + 1 : announced));
        }
        reader.allowBody(limit.bytes() - length, share);
        int count =
            length == bytes.length ? end(in) : in.read(bytes, length, bytes.length - length);
        if (count <= 0) {
          return new Body(bytes, length);
        }
        length += count;
        if (length > limit.bytes()) {
          throw tooLarge(limit);
        }
      }
    } catch (RequestReader.BodyTooLargeException e) {
      throw tooLarge(limit);
    } catch (DataReader.IncorrectNewLineException | NumberFormatException e) {
      throw RequestReader.badRequest("a chunk of the body is malformed");
    } catch (IOException e) {
      throw new UncheckedIOException("reading a body", e);
    }
  }

  static ReplyException tooLarge(BodyLimit limit) {
    return new ReplyException(
        ReplyCode.BAD_REQUEST, "request body exceeds " + limit.text() + " limit");
  }

  private static int grown(int length, long max) {
    return (int) Math.min(max, Math.max(INITIAL_BYTES, length * 2L));
  }

  /// Everything announced has been read: this asks for the end, which Helidon waits for.
  private static int end(InputStream in) throws IOException {
    return in.read();
  }
}
