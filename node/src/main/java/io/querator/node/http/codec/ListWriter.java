package io.querator.node.http.codec;

import com.google.protobuf.Message;
import java.io.IOException;
import java.io.OutputStream;

/// One answer that is being written, kept in memory until somebody takes it. Used by one thread.
public abstract sealed class ListWriter<E extends Message>
    permits ListCodec.JsonWriter, ListCodec.ProtobufWriter {
  private static final int INITIAL_BYTES = 4096;

  private ByteSink sink = new ByteSink(INITIAL_BYTES);

  ListWriter() {}

  public abstract void add(E element);

  /// There are no more elements.
  public abstract void end();

  /// The bytes that nobody has taken yet.
  public int length() {
    return sink.length();
  }

  /// Takes them.
  public Encoded take() {
    Encoded taken = sink.encoded();
    sink = new ByteSink(INITIAL_BYTES);
    return taken;
  }

  /// Writes them out.
  public void takeTo(OutputStream out) throws IOException {
    sink.drainTo(out);
  }

  final void write(int b) {
    sink.write(b);
  }

  final void write(byte[] bytes, int length) {
    sink.write(bytes, 0, length);
  }
}
