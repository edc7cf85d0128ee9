package io.querator.node.http;

import io.helidon.common.buffers.BufferData;
import io.helidon.common.buffers.DataReader;
import io.helidon.http.DirectHandler;
import io.helidon.http.RequestException;
import io.helidon.webserver.CloseConnectionException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// Reads requests from a connection within bounds that Helidon does not keep itself.
///
/// Helidon reads a whole chunk of a body into memory before anybody can look at it, and the line
/// with its size to whatever length. It takes a client that goes in the middle of a request for an
/// internal error. And it knows no HTTP/1.0, which load balancers still speak. Owned by the thread
/// of the connection.
final class RequestReader extends DataReader {
  private static final int CHUNK_LINE_BYTES_MAX = 256;

  private boolean atRequestLine = true;
  private boolean http10;
  private int bodyAllowance;
  private ByteBudget.@Nullable Share share;

  /// @param source gives the next bytes; null at the end of the stream
  RequestReader(Supplier<byte[]> source) {
    super(source);
  }

  /// The next bytes are those of a request line.
  void expectRequest() {
    atRequestLine = true;
    http10 = false;
    bodyAllowance = 0;
    share = null;
  }

  /// The next bytes are those of a body; they count for `charged`, and no more than `bytes` of them
  /// are read at once.
  void allowBody(int bytes, ByteBudget.@Nullable Share charged) {
    bodyAllowance = bytes;
    share = charged;
  }

  /// Whether the request at hand is one of HTTP/1.0.
  boolean http10() {
    return http10;
  }

  /// Notes that so much has arrived.
  ///
  /// @throws ReplyException if it is part of a body for which there is no memory left
  void received(int bytes) {
    if (share != null) {
      share.take(bytes);
    }
  }

  /// @throws CloseConnectionException if the client has gone
  @Override
  public void pullData() {
    try {
      super.pullData();
    } catch (InsufficientDataAvailableException e) {
      throw new CloseConnectionException("the client has closed the connection", e);
    }
  }

  /// The request line is the first thing that is read as bytes. HTTP/1.0 differs from 1.1 in
  /// nothing that matters here but in when the connection is closed.
  @Override
  public byte[] readBytes(int length) {
    byte[] bytes = super.readBytes(length);
    if (atRequestLine) {
      atRequestLine = false;
      http10 = endsWithHttp10(bytes);
      if (http10) {
        bytes[length - 1] = '1';
      }
    }
    return bytes;
  }

  /// The size of a chunk, without its extensions (RFC 9112 section 7.1.1), or the end of a body.
  @Override
  public String readLine() {
    int length = findNewLine(CHUNK_LINE_BYTES_MAX);
    if (length == CHUNK_LINE_BYTES_MAX) {
      throw badRequest("the line with the size of a chunk is too long");
    }
    String line = readAsciiString(length);
    skip(2);
    int extension = line.indexOf(';');
    return extension < 0 ? line : line.substring(0, extension).strip();
  }

  /// A chunk, or a part of a body that is in memory already.
  ///
  /// @throws BodyTooLargeException if it is more than the call allows
  @Override
  public BufferData readBuffer(int length) {
    if (length > bodyAllowance) {
      throw new BodyTooLargeException();
    }
    return super.readBuffer(length);
  }

  /// Helidon puts a dump into the message of every malformed request line, and would wait for bytes
  /// to dump.
  @Override
  public String debugDataHex() {
    return "";
  }

  static RequestException badRequest(String message) {
    return RequestException.builder()
        .type(DirectHandler.EventType.BAD_REQUEST)
        .setKeepAlive(false)
        .message(message)
        .build();
  }

  private static boolean endsWithHttp10(byte[] line) {
    int length = line.length;
    return length > 8
        && line[length - 1] == '0'
        && line[length - 2] == '.'
        && line[length - 3] == '1'
        && line[length - 4] == '/'
        && line[length - 5] == 'P';
  }

  /// More of a body than was allowed.
  static final class BodyTooLargeException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private BodyTooLargeException() {
      super("a body is larger than its limit", null, false, false);
    }
  }
}
