package io.querator.storage.jdbc;

import io.querator.storage.KeyHash;
import io.querator.storage.PartitionKey;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Collection;
import org.jspecify.annotations.Nullable;
import org.postgresql.util.PGBinaryObject;
import org.postgresql.util.PGobject;

/// An array in PostgreSQL's binary format, written element by element, as a parameter of a
/// statement.
///
/// The driver's own arrays know no times, and would need an array of objects first. Serves one
/// statement and one thread.
@SuppressWarnings({"serial", "MissingOverride"})
final class ArrayParameter extends PGobject implements PGBinaryObject {
  /// The types of elements that are sent.
  enum Element {
    INT8("_int8", 20, 8),
    TIMESTAMPTZ("_timestamptz", 1184, 8),
    INT4("_int4", 23, 4),
    TEXT("_text", 25, 32),
    BYTEA("_bytea", 17, 64),
    UUID("_uuid", 2950, 16);

    private final String arrayType;
    private final int oid;
    private final int expectedBytes;

    Element(String arrayType, int oid, int expectedBytes) {
      this.arrayType = arrayType;
      this.oid = oid;
      this.expectedBytes = expectedBytes;
    }
  }

  private static final int HEADER_BYTES = 20;
  private static final int EMPTY_BYTES = 12;
  private static final int NULL = -1;

  private final int size;
  private byte[] bytes;
  private ByteBuffer buffer;

  /// @param size how many elements are going to be added
  ArrayParameter(Element element, int size) {
    setType(element.arrayType);
    this.size = size;
    this.bytes = new byte[HEADER_BYTES + size * (element.expectedBytes + 4)];
    this.buffer = ByteBuffer.wrap(bytes);
    buffer.putInt(size == 0 ? 0 : 1).putInt(0).putInt(element.oid);
    if (size > 0) {
      buffer.putInt(size).putInt(1);
    }
  }

  static ArrayParameter int8(long[] values) {
    ArrayParameter array = new ArrayParameter(Element.INT8, values.length);
    for (long value : values) {
      array.add(value);
    }
    return array;
  }

  static ArrayParameter keys(Collection<PartitionKey> keys) {
    ArrayParameter array = new ArrayParameter(Element.INT8, keys.size());
    keys.forEach(key -> array.add(key.bits()));
    return array;
  }

  static ArrayParameter uuid(Collection<KeyHash> hashes) {
    ArrayParameter array = new ArrayParameter(Element.UUID, hashes.size());
    hashes.forEach(hash -> array.add(hash.high(), hash.low()));
    return array;
  }

  ArrayParameter add(long value) {
    room(8).putInt(8).putLong(value);
    return this;
  }

  ArrayParameter add(int value) {
    room(4).putInt(4).putInt(value);
    return this;
  }

  ArrayParameter add(long high, long low) {
    room(16).putInt(16).putLong(high).putLong(low);
    return this;
  }

  ArrayParameter add(String text) {
    return add(text.getBytes(StandardCharsets.UTF_8));
  }

  ArrayParameter add(byte[] value) {
    room(value.length).putInt(value.length).put(value);
    return this;
  }

  ArrayParameter addNull() {
    buffer.putInt(4, 1);
    room(0).putInt(NULL);
    return this;
  }

  ArrayParameter addNullable(byte @Nullable [] value) {
    return value == null ? addNull() : add(value);
  }

  private ByteBuffer room(int valueBytes) {
    int needed = buffer.position() + 4 + valueBytes;
    if (needed > bytes.length) {
      int position = buffer.position();
      bytes = Arrays.copyOf(bytes, Math.max(needed, bytes.length + (bytes.length >> 1)));
      buffer = ByteBuffer.wrap(bytes).position(position);
    }
    return buffer;
  }

  @Override
  public int lengthInBytes() {
    return size == 0 ? EMPTY_BYTES : buffer.position();
  }

  @Override
  public void toBytes(byte[] target, int offset) {
    System.arraycopy(bytes, 0, target, offset, lengthInBytes());
  }

  @Override
  public void setByteValue(byte[] value, int offset) {
    throw new UnsupportedOperationException("for sending only");
  }

  @Override
  public String getValue() {
    throw new IllegalStateException("binary transfer of " + getType() + " is switched off");
  }
}
