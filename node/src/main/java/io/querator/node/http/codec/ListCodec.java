package io.querator.node.http.codec;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;

/// Writes answers that consist of one list, element by element.
public final class ListCodec<E extends Message> {
  private final MessageCodec<E> elements;
  private final byte[] jsonStart;
  private final int tag;

  private ListCodec(FieldDescriptor list, E element) {
    elements = MessageCodec.of(element);
    jsonStart = ("{\"" + list.getJsonName() + "\":[").getBytes(UTF_8);
    tag = (list.getNumber() << 3) | FieldKind.MESSAGE.wireType();
  }

  /// @param answer the default instance of a message with no field but a list of such elements
  /// @param element the default instance of the elements
  /// @throws IllegalArgumentException if the answer is no such message
  public static <E extends Message> ListCodec<E> of(Message answer, E element) {
    var fields = answer.getDescriptorForType().getFields();
    FieldDescriptor list = fields.getFirst();
    boolean fits =
        fields.size() == 1
            && list.isRepeated()
            && list.getJavaType() == FieldDescriptor.JavaType.MESSAGE
            && list.getMessageType().equals(element.getDescriptorForType());
    if (!fits) {
      throw new IllegalArgumentException(
          answer.getDescriptorForType().getFullName()
              + " is not a list of "
              + element.getDescriptorForType().getFullName());
    }
    return new ListCodec<>(list, element);
  }

  public ListWriter<E> json(boolean optionalFields) {
    return new JsonWriter(optionalFields);
  }

  public ListWriter<E> protobuf() {
    return new ProtobufWriter();
  }

  final class JsonWriter extends ListWriter<E> {
    private final boolean optionalFields;
    private boolean empty = true;

    private JsonWriter(boolean optionalFields) {
      this.optionalFields = optionalFields;
    }

    @Override
    public void add(E element) {
      if (empty) {
        write(jsonStart, jsonStart.length);
        empty = false;
      } else {
        write(',');
      }
      Encoded json = elements.encodeJson(element, optionalFields);
      write(json.buffer(), json.length());
    }

    @Override
    public void end() {
      if (empty) {
        write('{');
      } else {
        write(']');
      }
      write('}');
    }
  }

  final class ProtobufWriter extends ListWriter<E> {
    @Override
    public void add(E element) {
      Encoded protobuf = elements.encodeProtobuf(element);
      WireWriter head = new WireWriter(0);
      head.varint(tag);
      head.varint(protobuf.length());
      write(head.buffer(), head.position());
      write(protobuf.buffer(), protobuf.length());
    }

    @Override
    public void end() {}
  }
}
