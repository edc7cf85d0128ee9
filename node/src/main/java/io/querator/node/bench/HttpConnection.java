package io.querator.node.bench;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.time.Duration;
import java.util.Arrays;
import java.util.Locale;

/// One keep-alive connection on which requests follow each other (RFC 9112). Does no more than the
/// bench needs, so that a machine's processors are left to what is measured. Used by one thread.
final class HttpConnection implements Closeable {
  private static final int CONNECT_MILLIS = 5_000;
  private static final int LINE_BYTES_MAX = 16_384;
  private static final int BODY_BYTES_MAX = 256 * 1024 * 1024;
  private static final int HTTP_PORT = 80;

  private final URI node;
  private final Socket socket;
  private final InputStream in;
  private final byte[] buffer = new byte[LINE_BYTES_MAX];

  /// What has been read but not used: from `at` to before `end`.
  private int at;

  private int end;

  /// What a request was answered with.
  record Answer(int status, byte[] body) {}

  /// @param silence how long an answer may take
  HttpConnection(URI node, Duration silence) throws IOException {
    this.node = node;
    socket = new Socket();
    int port = node.getPort() < 0 ? HTTP_PORT : node.getPort();
    socket.connect(new InetSocketAddress(node.getHost(), port), CONNECT_MILLIS);
    socket.setTcpNoDelay(true);
    socket.setSoTimeout(Math.toIntExact(silence.toMillis()));
    in = socket.getInputStream();
  }

  /// The part of a request before its body that does not change.
  byte[] head(String path, String type) {
    return ("POST %s HTTP/1.1\r\nHost: %s\r\nContent-Type: %s\r\nAccept: %3$s\r\nContent-Length: ")
        .formatted(path, node.getRawAuthority(), type)
        .getBytes(ISO_8859_1);
  }

  /// Sends a request and waits for its answer.
  ///
  /// @param head as made by [#head]
  Answer post(byte[] head, byte[] body) throws IOException {
    byte[] length = (body.length + "\r\n\r\n").getBytes(ISO_8859_1);
    byte[] request = Arrays.copyOf(head, head.length + length.length + body.length);
    System.arraycopy(length, 0, request, head.length, length.length);
    System.arraycopy(body, 0, request, head.length + length.length, body.length);
    socket.getOutputStream().write(request);
    return read();
  }

  private Answer read() throws IOException {
    String status = line();
    if (!status.startsWith("HTTP/1.1 ") || status.length() < 12) {
      throw new IOException("not an answer in HTTP/1.1: " + status);
    }
    int length = -1;
    boolean chunked = false;
    for (String line = line(); !line.isEmpty(); line = line()) {
      int colon = line.indexOf(':');
      String name = line.substring(0, Math.max(0, colon)).toLowerCase(Locale.ROOT);
      String value = line.substring(colon + 1).strip();
      switch (name) {
        case "content-length" -> length = number(value, 10);
        case "transfer-encoding" -> chunked = value.equalsIgnoreCase("chunked");
        default -> {}
      }
    }
    if (!chunked && length < 0) {
      throw new IOException("an answer without a length");
    }
    return new Answer(number(status.substring(9, 12), 10), chunked ? chunks() : bytes(length));
  }

  private byte[] chunks() throws IOException {
    ByteArrayOutputStream body = new ByteArrayOutputStream();
    for (int size = chunk(); size > 0; size = chunk()) {
      if (size > BODY_BYTES_MAX - body.size()) {
        throw new IOException("an answer of more than " + BODY_BYTES_MAX + " bytes");
      }
      body.write(bytes(size));
      line();
    }
    while (!line().isEmpty()) {
      // trailers are of no interest
    }
    return body.toByteArray();
  }

  private int chunk() throws IOException {
    String line = line();
    int extension = line.indexOf(';');
    return number(extension < 0 ? line : line.substring(0, extension), 16);
  }

  private byte[] bytes(int length) throws IOException {
    byte[] bytes = new byte[length];
    int buffered = Math.min(length, end - at);
    System.arraycopy(buffer, at, bytes, 0, buffered);
    at += buffered;
    int read = in.readNBytes(bytes, buffered, length - buffered);
    if (buffered + read < length) {
      throw new EOFException("the connection ended within an answer");
    }
    return bytes;
  }

  private static int number(String text, int radix) throws IOException {
    try {
      int number = Integer.parseInt(text.strip(), radix);
      if (number >= 0 && number <= BODY_BYTES_MAX) {
        return number;
      }
    } catch (NumberFormatException e) {
      throw new IOException("not a number: " + text, e);
    }
    throw new IOException("out of range: " + text);
  }

  private String line() throws IOException {
    int length = 0;
    while (peek(length) != '\n') {
      length++;
    }
    boolean withReturn = length > 0 && buffer[at + length - 1] == '\r';
    String line = new String(buffer, at, withReturn ? length - 1 : length, ISO_8859_1);
    at += length + 1;
    return line;
  }

  /// The byte that many after the next.
  private byte peek(int offset) throws IOException {
    if (at + offset == end) {
      fill();
    }
    return buffer[at + offset];
  }

  /// Reads more behind what is there, which moves to the front.
  private void fill() throws IOException {
    end -= at;
    System.arraycopy(buffer, at, buffer, 0, end);
    at = 0;
    if (end == buffer.length) {
      throw new IOException("an answer with a line of more than " + buffer.length + " bytes");
    }
    int count = in.read(buffer, end, buffer.length - end);
    if (count < 0) {
      throw new EOFException("the connection ended");
    }
    end += count;
  }

  /// Ends a request that waits, too.
  @Override
  public void close() throws IOException {
    socket.close();
  }
}
