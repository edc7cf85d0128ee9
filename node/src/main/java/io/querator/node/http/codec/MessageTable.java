package io.querator.node.http.codec;

import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The fields of one message type, by name and by number.
final class MessageTable {
  /// The codec notes the fields it has seen in the bits of a `long`.
  private static final int FIELDS_MAX = Long.SIZE;

  private static final int NUMBER_MAX = 1023;

  private final Map<String, FieldTable> byName = new HashMap<>();
  private final @Nullable FieldTable[] byNumber;

  private MessageTable(Descriptor message) {
    int last = 0;
    for (FieldDescriptor field : message.getFields()) {
      last = Math.max(last, field.getNumber());
    }
    if (message.getFields().size() > FIELDS_MAX || last > NUMBER_MAX) {
      throw new IllegalArgumentException("too many fields in " + message.getFullName());
    }
    byNumber = new @Nullable FieldTable[last + 1];
    for (FieldDescriptor field : message.getFields()) {
      FieldTable table = FieldTable.of(field);
      byNumber[field.getNumber()] = table;
      byName.put(field.getJsonName(), table);
      byName.put(field.getName(), table);
    }
  }

  /// @throws IllegalArgumentException if a field has a type that the API does not use
  static MessageTable of(Descriptor message) {
    return new MessageTable(message);
  }

  /// The field under its JSON name or its proto name; null if there is none.
  @Nullable FieldTable named(String name) {
    return byName.get(name);
  }

  /// The field with this number and wire type; null if there is none.
  @Nullable FieldTable tagged(int tag) {
    int number = tag >>> 3;
    FieldTable field = number < byNumber.length ? byNumber[number] : null;
    return field != null && field.tag() == tag ? field : null;
  }
}
