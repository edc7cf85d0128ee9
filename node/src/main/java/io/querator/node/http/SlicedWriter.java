package io.querator.node.http;

import io.helidon.common.buffers.BufferData;
import io.helidon.common.buffers.DataWriter;

/// Writes answers in pieces, so that the watchdog sees whether a client takes them. Owned by the
/// thread of the connection.
final class SlicedWriter implements DataWriter {
  private static final int SLICE_BYTES = 64 * 1024;

  private final DataWriter socket;
  private final Connection connection;

  SlicedWriter(DataWriter socket, Connection connection) {
    this.socket = socket;
    this.connection = connection;
  }

  @Override
  public void write(BufferData... buffers) {
    write(BufferData.create(buffers));
  }

  @Override
  public void write(BufferData buffer) {
    ConnectionPhase before = connection.phase();
    connection.enter(ConnectionPhase.SENDING);
    if (buffer.available() <= SLICE_BYTES) {
      socket.write(buffer);
    } else {
      writeSlices(buffer);
    }
    connection.enter(before);
  }

  @Override
  public void writeNow(BufferData... buffers) {
    write(BufferData.create(buffers));
  }

  @Override
  public void writeNow(BufferData buffer) {
    write(buffer);
  }

  @Override
  public void flush() {
    socket.flush();
  }

  @Override
  public void close() {
    socket.close();
  }

  private void writeSlices(BufferData buffer) {
    byte[] slice = new byte[SLICE_BYTES];
    while (!buffer.consumed()) {
      int length = buffer.read(slice);
      connection.enter(ConnectionPhase.SENDING);
      socket.write(BufferData.create(slice, 0, length));
    }
  }
}
