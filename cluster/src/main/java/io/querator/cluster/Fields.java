package io.querator.cluster;

import io.querator.storage.PartitionKey;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/// How the parts of commands and tables are written, big-endian, and read again.
final class Fields {
  private Fields() {}

  /// Writes one of a list.
  @FunctionalInterface
  interface Writer<T> {
    void write(DataOutput out, T value) throws IOException;
  }

  /// Reads one of a list.
  @FunctionalInterface
  interface Reader<T> {
    T read(DataInput in) throws IOException;
  }

  static <T> void writeList(DataOutput out, Collection<T> list, Writer<T> writer)
      throws IOException {
    out.writeInt(list.size());
    for (T value : list) {
      writer.write(out, value);
    }
  }

  static <T> List<T> readList(DataInput in, Reader<T> reader) throws IOException {
    int size = in.readInt();
    List<T> list = new ArrayList<>(Math.clamp(size, 0, 1_024));
    for (int i = 0; i < size; i++) {
      list.add(reader.read(in));
    }
    return list;
  }

  static <T> void writeOptional(DataOutput out, @Nullable T value, Writer<T> writer)
      throws IOException {
    out.writeBoolean(value != null);
    if (value != null) {
      writer.write(out, value);
    }
  }

  static <T> @Nullable T readOptional(DataInput in, Reader<T> reader) throws IOException {
    return in.readBoolean() ? reader.read(in) : null;
  }

  static void writeNode(DataOutput out, NodeId node) throws IOException {
    out.writeUTF(node.value());
  }

  static NodeId readNode(DataInput in) throws IOException {
    return new NodeId(in.readUTF());
  }

  static void writeKey(DataOutput out, PartitionKey key) throws IOException {
    out.writeLong(key.bits());
  }

  static PartitionKey readKey(DataInput in) throws IOException {
    return new PartitionKey(in.readLong());
  }

  static void writeUuid(DataOutput out, UUID uuid) throws IOException {
    out.writeLong(uuid.getMostSignificantBits());
    out.writeLong(uuid.getLeastSignificantBits());
  }

  static UUID readUuid(DataInput in) throws IOException {
    return new UUID(in.readLong(), in.readLong());
  }
}
