package io.querator.node.bench;

import java.util.Locale;

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
}
