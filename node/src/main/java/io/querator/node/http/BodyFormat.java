package io.querator.node.http;

import com.google.protobuf.Message;
import io.helidon.http.Header;
import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import io.querator.client.ReplyCode;
import io.querator.node.http.codec.Decoded;
import io.querator.node.http.codec.ListGate;
import io.querator.node.http.codec.MessageCodec;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// The encoding of a body.
@SuppressWarnings("ImmutableEnumChecker") // Helidon's cached headers do not change
enum BodyFormat {
  JSON("application/json"),
  PROTOBUF("application/protobuf");

  private final String type;
  private final Header header;

  BodyFormat(String type) {
    this.type = type;
    this.header = HeaderValues.createCached(HeaderNames.CONTENT_TYPE, type);
  }

  /// `Content-Type` of an answer.
  Header header() {
    return header;
  }

  /// The encoding of a request.
  ///
  /// @param contentType the header as it was sent; null if it was not
  /// @throws ReplyException with 455 if it names anything else
  static BodyFormat ofRequest(@Nullable String contentType) {
    BodyFormat format = contentType == null ? JSON : named(contentType);
    if (format == null) {
      throw new ReplyException(
          ReplyCode.CLIENT_CONTENT_ERROR,
          "Content-Type header '"
              + contentType
              + "' is invalid format or unrecognized content type");
    }
    return format;
  }

  /// The encoding that the first media range of a header names; null if it names another.
  static @Nullable BodyFormat named(String header) {
    if (header.equals(JSON.type)) {
      return JSON;
    }
    if (header.equals(PROTOBUF.type)) {
      return PROTOBUF;
    }
    return switch (firstRange(header).strip().toLowerCase(Locale.ROOT)) {
      case "", "*/*", "application/*", "application/json" -> JSON;
      case "application/protobuf" -> PROTOBUF;
      default -> null;
    };
  }

  /// The text before the first `;` or `,`.
  static String firstRange(String header) {
    for (int i = 0; i < header.length(); i++) {
      char c = header.charAt(i);
      if (c == ';' || c == ',') {
        return header.substring(0, i);
      }
    }
    return header;
  }

  <M extends Message> Decoded<M> decode(MessageCodec<M> codec, Body body, ListGate gate) {
    return switch (this) {
      case JSON -> codec.decodeJson(body.bytes(), body.length(), gate);
      case PROTOBUF -> codec.decodeProtobuf(body.bytes(), body.length(), gate);
    };
  }
}
