package io.querator.node.http;

import com.google.protobuf.Message;
import io.helidon.webserver.ServerConnectionException;
import io.querator.node.http.codec.Encoded;
import io.querator.node.http.codec.ListWriter;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import org.jspecify.annotations.Nullable;

/// A list on its way to a client: gathered while it is short, streamed once it is not. Owned by the
/// thread of the connection.
final class ListAnswer<E extends Message> {
  private static final int BUFFERED_BYTES_MAX = 64 * 1024;
  private static final Encoded NOTHING = new Encoded(new byte[0], 0);

  private final ListWriter<E> writer;
  private final Accepted accepted;
  private final Exchange exchange;
  private @Nullable OutputStream stream;

  ListAnswer(ListWriter<E> writer, Accepted accepted, Exchange exchange) {
    this.writer = writer;
    this.accepted = accepted;
    this.exchange = exchange;
  }

  /// @throws ServerConnectionException if the client has gone
  void add(E element) {
    writer.add(element);
    if (writer.length() >= BUFFERED_BYTES_MAX) {
      flush();
    }
  }

  /// @return what is to be sent as an ordinary answer; nothing if it was streamed
  Encoded end() {
    writer.end();
    if (stream == null) {
      return writer.take();
    }
    flush();
    return NOTHING;
  }

  private void flush() {
    try {
      if (stream == null) {
        stream = exchange.stream(accepted);
      }
      writer.takeTo(stream);
    } catch (IOException | UncheckedIOException e) {
      throw new ServerConnectionException("failed to stream an answer", e);
    }
  }
}
