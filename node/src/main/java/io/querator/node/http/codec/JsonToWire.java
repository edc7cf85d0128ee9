package io.querator.node.http.codec;

import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.util.HashSet;
import java.util.Locale;
import java.util.Set;

/// Rewrites one JSON document into protobuf's wire format.
final class JsonToWire {
  private static final int MAP_KEY_TAG = 1 << 3 | 2;
  private static final int MAP_VALUE_TAG = 2 << 3 | 2;

  private final JsonParser json;
  private final WireWriter out;
  private final ListGate gate;
  private int listed;

  JsonToWire(JsonParser json, WireWriter out, ListGate gate) {
    this.json = json;
    this.out = out;
    this.gate = gate;
  }

  /// @return how many elements the lists of the outer message have
  /// @throws CodecException if the document is not a message of this type
  /// @throws IOException if it is not JSON
  int document(MessageTable table) throws IOException {
    JsonToken first = json.nextToken();
    if (first == null) {
      throw error("syntax error", "unexpected end of input, expected {");
    }
    expect(JsonToken.START_OBJECT, first, "a message");
    message(table, true);
    if (json.nextToken() != null) {
      throw error("syntax error", "unexpected text after the message");
    }
    return listed;
  }

  private void message(MessageTable table, boolean outer) throws IOException {
    long seen = 0;
    for (String name = json.nextFieldName(); name != null; name = json.nextFieldName()) {
      FieldTable field = table.named(name);
      if (field == null) {
        throw error("unknown field", quoted(name));
      }
      long bit = 1L << field.ordinal();
      if ((seen & bit) != 0) {
        throw error("duplicate field", quoted(name));
      }
      seen |= bit;
      JsonToken token = json.nextToken();
      if (token == JsonToken.VALUE_NULL) {
        continue;
      }
      if (field.kind() == FieldKind.MAP) {
        map(field, token);
      } else if (field.repeated()) {
        list(field, token, outer);
      } else {
        value(field, token);
      }
    }
  }

  private void list(FieldTable field, JsonToken token, boolean outer) throws IOException {
    expect(JsonToken.START_ARRAY, token, "a list for field " + field.jsonName());
    for (JsonToken next = json.nextToken(); next != JsonToken.END_ARRAY; next = json.nextToken()) {
      int mark = out.position();
      value(field, next);
      if (outer && !gate.keep(++listed)) {
        out.rewind(mark);
      }
    }
  }

  private void map(FieldTable field, JsonToken token) throws IOException {
    expect(JsonToken.START_OBJECT, token, "an object for field " + field.jsonName());
    Set<String> keys = new HashSet<>();
    for (String key = json.nextFieldName(); key != null; key = json.nextFieldName()) {
      if (!keys.add(key)) {
        throw error("duplicate map key", quoted(key));
      }
      out.varint(field.tag());
      int start = out.beginLength();
      out.varint(MAP_KEY_TAG);
      text(field, key.toCharArray(), 0, key.length());
      JsonToken value = json.nextToken();
      expect(JsonToken.VALUE_STRING, value, "a string for field " + field.jsonName());
      out.varint(MAP_VALUE_TAG);
      text(field, json.getTextCharacters(), json.getTextOffset(), json.getTextLength());
      out.endLength(start);
    }
  }

  private void value(FieldTable field, JsonToken token) throws IOException {
    out.varint(field.tag());
    switch (field.kind()) {
      case STRING -> {
        expect(JsonToken.VALUE_STRING, token, field);
        text(field, json.getTextCharacters(), json.getTextOffset(), json.getTextLength());
      }
      case BYTES -> {
        expect(JsonToken.VALUE_STRING, token, field);
        if (!out.base64(json.getTextCharacters(), json.getTextOffset(), json.getTextLength())) {
          throw invalid(field);
        }
      }
      case INT32 -> out.varint(int32(field, token));
      case BOOL -> out.varint(bool(field, token));
      case TIMESTAMP -> {
        expect(JsonToken.VALUE_STRING, token, field);
        if (!TimestampText.parse(
            json.getTextCharacters(), json.getTextOffset(), json.getTextLength(), out)) {
          throw invalid(field);
        }
      }
      case MESSAGE -> {
        expect(JsonToken.START_OBJECT, token, field);
        int start = out.beginLength();
        message(field.messageTable(), false);
        out.endLength(start);
      }
      case MAP -> throw new IllegalStateException("a map is not a value: " + field.jsonName());
    }
  }

  private void text(FieldTable field, char[] text, int offset, int length) {
    if (!out.utf8(text, offset, length)) {
      throw error("invalid UTF-8", "a surrogate stands alone in field " + field.jsonName());
    }
  }

  private int int32(FieldTable field, JsonToken token) throws IOException {
    if (!token.isNumeric()) {
      expect(JsonToken.VALUE_STRING, token, field);
    }
    long value =
        IntegerText.parse(json.getTextCharacters(), json.getTextOffset(), json.getTextLength());
    if (value != (int) value) {
      throw invalid(field);
    }
    return (int) value;
  }

  private int bool(FieldTable field, JsonToken token) {
    if (!token.isBoolean()) {
      throw invalid(field);
    }
    return token == JsonToken.VALUE_TRUE ? 1 : 0;
  }

  private void expect(JsonToken expected, JsonToken found, FieldTable field) {
    if (expected != found) {
      throw invalid(field);
    }
  }

  private void expect(JsonToken expected, JsonToken found, String what) {
    if (expected != found) {
      throw error("syntax error", "expected " + what + ", found " + name(found));
    }
  }

  private CodecException invalid(FieldTable field) {
    String kind = field.kind().name().toLowerCase(Locale.ROOT);
    return error("invalid value for " + kind + " field", field.jsonName().toString());
  }

  private CodecException error(String what, String detail) {
    JsonLocation place = json.currentTokenLocation();
    return new CodecException(
        "(line " + place.getLineNr() + ":" + place.getColumnNr() + "): " + what + " " + detail);
  }

  private static String name(JsonToken token) {
    String text = token.asString();
    return text != null ? text : token.name();
  }

  private static String quoted(String name) {
    return '"' + name + '"';
  }
}
