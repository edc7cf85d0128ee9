package io.querator.node.http;

import com.google.protobuf.Message;
import io.querator.client.ReplyCode;
import io.querator.node.http.codec.Encoded;
import io.querator.node.http.codec.ListCodec;
import io.querator.node.http.codec.ListWriter;
import io.querator.node.http.codec.MessageCodec;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// What kind of answer a client takes.
///
/// @param optionalFields whether it takes fields that were added to the API later
record Accepted(BodyFormat format, boolean optionalFields) {
  static final Accepted JSON = new Accepted(BodyFormat.JSON, false);
  private static final Accepted JSON_ALL = new Accepted(BodyFormat.JSON, true);
  private static final Accepted PROTOBUF = new Accepted(BodyFormat.PROTOBUF, true);
  private static final String ALL_FIELDS = "fields=all";

  /// @param accept the header as it was sent; null if it was not
  /// @return null if the header names no encoding that there is
  static @Nullable Accepted of(@Nullable String accept) {
    if (accept == null) {
      return JSON;
    }
    BodyFormat format = BodyFormat.named(accept);
    if (format == null) {
      return null;
    }
    return switch (format) {
      case PROTOBUF -> PROTOBUF;
      case JSON -> wantsAllFields(accept) ? JSON_ALL : JSON;
    };
  }

  /// Whether the client has asked for all fields in so many words.
  boolean optedIn() {
    return optionalFields && format == BodyFormat.JSON;
  }

  static ReplyException refusal(String accept) {
    return new ReplyException(
        ReplyCode.CLIENT_CONTENT_ERROR,
        "Accept header '"
            + BodyFormat.firstRange(accept)
            + "' is invalid format or unrecognized content type, only [application/json,application/protobuf] are"
            + " supported by this method");
  }

  <M extends Message> Encoded encode(MessageCodec<M> codec, M message) {
    return switch (format) {
      case JSON -> codec.encodeJson(message, optionalFields);
      case PROTOBUF -> codec.encodeProtobuf(message);
    };
  }

  <E extends Message> ListWriter<E> write(ListCodec<E> codec) {
    return switch (format) {
      case JSON -> codec.json(optionalFields);
      case PROTOBUF -> codec.protobuf();
    };
  }

  private static boolean wantsAllFields(String accept) {
    int start = accept.indexOf(';');
    if (start < 0) {
      return false;
    }
    int end = accept.indexOf(',');
    if (end < 0) {
      end = accept.length();
    }
    return start < end && hasParameter(accept.substring(start + 1, end).toLowerCase(Locale.ROOT));
  }

  private static boolean hasParameter(String parameters) {
    int from = 0;
    while (from <= parameters.length()) {
      int to = parameters.indexOf(';', from);
      int end = to < 0 ? parameters.length() : to;
      if (parameters.substring(from, end).strip().equals(ALL_FIELDS)) {
        return true;
      }
      from = end + 1;
    }
    return false;
  }
}
