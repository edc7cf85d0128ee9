package io.querator.node.http.codec;

import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Timestamp;
import com.google.protobuf.WireFormat;

/// How the value of a field looks in JSON and on the wire.
enum FieldKind {
  BOOL(WireFormat.WIRETYPE_VARINT),
  INT32(WireFormat.WIRETYPE_VARINT),
  STRING(WireFormat.WIRETYPE_LENGTH_DELIMITED),
  BYTES(WireFormat.WIRETYPE_LENGTH_DELIMITED),
  TIMESTAMP(WireFormat.WIRETYPE_LENGTH_DELIMITED),
  MESSAGE(WireFormat.WIRETYPE_LENGTH_DELIMITED),
  /// Strings to strings only.
  MAP(WireFormat.WIRETYPE_LENGTH_DELIMITED);

  private final int wireType;

  FieldKind(int wireType) {
    this.wireType = wireType;
  }

  int wireType() {
    return wireType;
  }

  /// @throws IllegalArgumentException if the API does not use such fields: a mistake in the
  ///   `.proto` file
  static FieldKind of(FieldDescriptor field) {
    FieldKind kind = kindOf(field);
    boolean number = kind.wireType == WireFormat.WIRETYPE_VARINT;
    if ((field.isRepeated() && number) || field.getRealContainingOneof() != null) {
      throw unsupported(field);
    }
    return kind;
  }

  private static FieldKind kindOf(FieldDescriptor field) {
    return switch (field.getType()) {
      case BOOL -> BOOL;
      case INT32 -> INT32;
      case STRING -> STRING;
      case BYTES -> BYTES;
      case MESSAGE -> field.isMapField() ? mapKind(field) : messageKind(field);
      case DOUBLE,
          FLOAT,
          INT64,
          UINT64,
          FIXED64,
          FIXED32,
          GROUP,
          UINT32,
          ENUM,
          SFIXED32,
          SFIXED64,
          SINT32,
          SINT64 ->
          throw unsupported(field);
    };
  }

  private static FieldKind messageKind(FieldDescriptor field) {
    return field.getMessageType().equals(Timestamp.getDescriptor()) ? TIMESTAMP : MESSAGE;
  }

  private static FieldKind mapKind(FieldDescriptor field) {
    for (FieldDescriptor part : field.getMessageType().getFields()) {
      if (part.getType() != FieldDescriptor.Type.STRING) {
        throw unsupported(field);
      }
    }
    return MAP;
  }

  private static IllegalArgumentException unsupported(FieldDescriptor field) {
    return new IllegalArgumentException(
        "no codec for " + field.getFullName() + " of type " + field.getType());
  }
}
