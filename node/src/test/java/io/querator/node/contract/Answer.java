package io.querator.node.contract;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.util.JsonFormat;
import io.querator.client.message.Reply;
import java.util.List;
import java.util.stream.Collectors;
import org.apache.hc.core5.http.Header;

/// What the server has answered.
public record Answer(int status, List<Header> headers, byte[] body) {
  /// The values of a header, parted by commas; empty if it is not there.
  public String header(String name) {
    return headers.stream()
        .filter(header -> header.getName().equalsIgnoreCase(name))
        .map(Header::getValue)
        .collect(Collectors.joining(", "));
  }

  public String text() {
    return new String(body, UTF_8);
  }

  public boolean ok() {
    return status == 200;
  }

  /// The body as a message, read as strictly as clients do: a field that is not part of the API
  /// fails.
  ///
  /// @param type the default instance
  public <M extends Message> M as(M type) {
    Message.Builder message = type.newBuilderForType();
    try {
      if (header("Content-Type").equals(Encoding.PROTOBUF.type())) {
        message.mergeFrom(body);
      } else {
        JsonFormat.parser().merge(text(), message);
      }
    } catch (InvalidProtocolBufferException e) {
      throw new AssertionError("not a " + type.getClass().getSimpleName() + ": " + this, e);
    }
    @SuppressWarnings("unchecked") // the builder of this type
    M built = (M) message.build();
    if (!built.getUnknownFields().asMap().isEmpty()) {
      throw new AssertionError("unknown fields: " + built.getUnknownFields());
    }
    return built;
  }

  /// The body of an error, or of a command.
  public Reply reply() {
    return as(Reply.getDefaultInstance());
  }

  @Override
  public String toString() {
    String shown = header("Content-Type").equals(Encoding.PROTOBUF.type()) ? "(protobuf)" : text();
    return status + " " + (shown.length() > 500 ? shown.substring(0, 500) + "…" : shown);
  }
}
