package io.querator.node.http.codec;

import com.fasterxml.jackson.core.io.SerializedString;
import com.google.protobuf.Descriptors.FieldDescriptor;
import org.jspecify.annotations.Nullable;

/// What the codec knows about one field.
///
/// @param ordinal its place among the fields of its message, 0 to 63
/// @param tag number and wire type, as on the wire
/// @param message the table of its message type; null unless it is a [FieldKind#MESSAGE]
record FieldTable(
    int ordinal,
    int number,
    int tag,
    FieldKind kind,
    boolean repeated,
    SerializedString jsonName,
    @Nullable MessageTable message) {
  /// Fields from this number on go only to clients that asked for them.
  static final int FIRST_OPTIONAL = 100;

  static FieldTable of(FieldDescriptor field) {
    FieldKind kind = FieldKind.of(field);
    return new FieldTable(
        field.getIndex(),
        field.getNumber(),
        (field.getNumber() << 3) | kind.wireType(),
        kind,
        field.isRepeated() && kind != FieldKind.MAP,
        new SerializedString(field.getJsonName()),
        kind == FieldKind.MESSAGE ? MessageTable.of(field.getMessageType()) : null);
  }

  boolean optional() {
    return number >= FIRST_OPTIONAL;
  }

  /// @throws IllegalStateException if the field holds no message
  MessageTable messageTable() {
    if (message == null) {
      throw new IllegalStateException("expected a message field, found " + kind + " " + jsonName);
    }
    return message;
  }
}
