package io.querator.node.http.codec;

import com.fasterxml.jackson.core.Base64Variants;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/// Rewrites a message that this process serialized from protobuf's wire format into JSON.
///
/// Protobuf leaves out what proto3 JSON leaves out, and writes fields in the order of their
/// numbers.
final class WireToJson {
  private final WireReader in;
  private final JsonGenerator json;
  private final boolean optionalFields;
  private final byte[] time = new byte[TimestampText.LENGTH_MAX];

  /// @param optionalFields whether to write the fields that not every client knows
  WireToJson(WireReader in, JsonGenerator json, boolean optionalFields) {
    this.in = in;
    this.json = json;
    this.optionalFields = optionalFields;
  }

  @SuppressWarnings("ReferenceEquality") // a table has one entry per field
  void message(MessageTable table, int end) throws IOException {
    json.writeStartObject();
    FieldTable open = null; // the list or map that is being written
    while (in.position() < end) {
      int tag = in.varint32();
      FieldTable field = table.tagged(tag);
      if (field != open) {
        close(open);
        open = null;
      }
      if (field == null || (field.optional() && !optionalFields)) {
        in.skip(tag);
        continue;
      }
      if (field != open) {
        json.writeFieldName(field.jsonName());
        open = open(field);
      }
      value(field);
    }
    close(open);
    json.writeEndObject();
  }

  private @Nullable FieldTable open(FieldTable field) throws IOException {
    if (field.kind() == FieldKind.MAP) {
      json.writeStartObject();
      return field;
    }
    if (field.repeated()) {
      json.writeStartArray();
      return field;
    }
    return null;
  }

  private void close(@Nullable FieldTable open) throws IOException {
    if (open == null) {
      return;
    }
    if (open.kind() == FieldKind.MAP) {
      json.writeEndObject();
    } else {
      json.writeEndArray();
    }
  }

  private void value(FieldTable field) throws IOException {
    switch (field.kind()) {
      case BOOL -> json.writeBoolean(in.varint64() != 0);
      case INT32 -> json.writeNumber((int) in.varint64());
      case STRING -> {
        int length = in.varint32();
        json.writeUTF8String(in.buffer(), in.take(length), length);
      }
      case BYTES -> {
        int length = in.varint32();
        json.writeBinary(Base64Variants.MIME_NO_LINEFEEDS, in.buffer(), in.take(length), length);
      }
      case TIMESTAMP -> timestamp(in.endOfLength());
      case MESSAGE -> message(field.messageTable(), in.endOfLength());
      case MAP -> entry(in.endOfLength());
    }
  }

  private void timestamp(int end) throws IOException {
    long seconds = 0;
    int nanos = 0;
    while (in.position() < end) {
      int number = in.varint32() >>> 3;
      long value = in.varint64();
      if (number == 1) {
        seconds = value;
      } else {
        nanos = (int) value;
      }
    }
    json.writeRawUTF8String(time, 0, TimestampText.format(seconds, nanos, time));
  }

  /// An entry of a map is a message of two strings, its key and its value, in this order.
  private void entry(int end) throws IOException {
    in.varint32();
    json.writeFieldName(in.string());
    in.varint32();
    int length = in.varint32();
    json.writeUTF8String(in.buffer(), in.take(length), length);
    if (in.position() != end) {
      throw new IllegalStateException("a map entry ends at " + in.position() + ", expected " + end);
    }
  }
}
