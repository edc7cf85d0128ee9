package io.querator.node.contract;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.MessageOrBuilder;
import com.google.protobuf.util.JsonFormat;
import java.util.concurrent.atomic.AtomicInteger;

/// How a message is written, by Protobuf's own library.
public enum Encoding {
  JSON("application/json"),
  /// JSON with the names of the proto file, which requests may use too.
  JSON_PROTO_NAMES("application/json"),
  PROTOBUF("application/protobuf");

  private static final AtomicInteger TURN = new AtomicInteger();

  private final String type;

  Encoding(String type) {
    this.type = type;
  }

  /// Another one each time, so that tests which do not care exercise them all.
  static Encoding any() {
    return values()[Math.floorMod(TURN.getAndIncrement(), values().length)];
  }

  /// The media type.
  public String type() {
    return type;
  }

  byte[] encode(MessageOrBuilder message) {
    try {
      return switch (this) {
        case JSON -> JsonFormat.printer().print(message).getBytes(UTF_8);
        case JSON_PROTO_NAMES ->
            JsonFormat.printer().preservingProtoFieldNames().print(message).getBytes(UTF_8);
        case PROTOBUF -> build(message).toByteArray();
      };
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalArgumentException("cannot be JSON: " + message, e);
    }
  }

  private static Message build(MessageOrBuilder message) {
    return message instanceof Message.Builder builder ? builder.build() : (Message) message;
  }
}
