package io.querator.node.bench;

import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/// How bodies are written.
enum Encoding {
  JSON(new JsonCodec()),
  PROTOBUF(new ProtobufCodec());

  private final Codec codec;

  Encoding(Codec codec) {
    this.codec = codec;
  }

  Codec codec() {
    return codec;
  }

  String text() {
    return name().toLowerCase(Locale.ROOT);
  }

  static String texts() {
    return Arrays.stream(values()).map(Encoding::text).collect(Collectors.joining(" or "));
  }
}
