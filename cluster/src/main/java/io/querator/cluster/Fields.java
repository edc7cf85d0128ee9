package io.querator.cluster;

import io.querator.storage.PartitionKey;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/// How the parts of commands, tables and messages are written, big-endian, and read again.
public final class Fields {
  private Fields() {}

  /// Writes one of a list.
  @FunctionalInterface
  public interface Writer<T> {
    void write(DataOutputStream out, T value) throws IOException;
  }

  /// Reads one of a list.
  @FunctionalInterface
  public interface Reader<T> {
    T read(DataInputStream in) throws IOException;
  }

  public static <T> void writeList(DataOutputStream out, Collection<T> list, Writer<T> writer)
      throws IOException {
    out.writeInt(list.size());
    for (T value : list) {
      writer.write(out, value);
    }
  }

  public static <T> List<T> readList(DataInputStream in, Reader<T> reader) throws IOException {
    int size = in.readInt();
    List<T> list = new ArrayList<>(Math.clamp(size, 0, 1_024));
    for (int i = 0; i < size; i++) {
      list.add(reader.read(in));
    }
    return list;
  }

  /// Writes all of a message.
  @FunctionalInterface
  public interface Writing {
    void to(DataOutputStream out) throws IOException;
  }

  /// A message: a byte with the version of its format, then what `writing` writes.
  public static byte[] bytes(int version, Writing writing) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (DataOutputStream out = new DataOutputStream(bytes)) {
      out.writeByte(version);
      writing.to(out);
    } catch (IOException e) {
      throw new IllegalStateException("memory does not fail", e);
    }
    return bytes.toByteArray();
  }

  /// What follows the version of a message.
  ///
  /// @throws IllegalArgumentException if it has another version
  public static DataInputStream open(int version, byte[] bytes) throws IOException {
    DataInputStream in = new DataInputStream(new ByteArrayInputStream(bytes));
    int found = in.readUnsignedByte();
    if (found != version) {
      throw new IllegalArgumentException("a message of unknown format " + found);
    }
    return in;
  }

  static <T> void writeOptional(DataOutputStream out, @Nullable T value, Writer<T> writer)
      throws IOException {
    out.writeBoolean(value != null);
    if (value != null) {
      writer.write(out, value);
    }
  }

  static <T> @Nullable T readOptional(DataInputStream in, Reader<T> reader) throws IOException {
    return in.readBoolean() ? reader.read(in) : null;
  }

  static void writeNode(DataOutputStream out, NodeId node) throws IOException {
    out.writeUTF(node.value());
  }

  static NodeId readNode(DataInputStream in) throws IOException {
    return new NodeId(in.readUTF());
  }

  public static void writeKey(DataOutputStream out, PartitionKey key) throws IOException {
    out.writeLong(key.bits());
  }

  public static PartitionKey readKey(DataInputStream in) throws IOException {
    return new PartitionKey(in.readLong());
  }

  static void writeUuid(DataOutputStream out, UUID uuid) throws IOException {
    out.writeLong(uuid.getMostSignificantBits());
    out.writeLong(uuid.getLeastSignificantBits());
  }

  static UUID readUuid(DataInputStream in) throws IOException {
    return new UUID(in.readLong(), in.readLong());
  }
}
