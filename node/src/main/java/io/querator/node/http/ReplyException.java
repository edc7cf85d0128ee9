package io.querator.node.http;

import static java.util.Objects.requireNonNull;

import io.querator.client.Outcome;
import io.querator.client.ReplyCode;
import io.querator.client.message.Reply;
import java.util.Map;

/// An answer other than success. The transport sends it as a [Reply].
///
/// It carries no stack trace: clients cause it, at whatever rate they like.
public class ReplyException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final ReplyCode code;
  private final transient Map<String, String> details;

  /// @param message for the client: `<what>; <detail>`
  public ReplyException(ReplyCode code, String message, Map<String, String> details) {
    super(requireNonNull(message, "message"), null, false, false);
    this.code = requireNonNull(code, "code");
    this.details = Map.copyOf(details);
  }

  public ReplyException(ReplyCode code, String message) {
    this(code, message, Map.of());
  }

  /// 454: the client may repeat the request, knowing the outcome of this one.
  public static ReplyException retry(String message, Outcome outcome) {
    return new ReplyException(
        ReplyCode.RETRY_REQUEST, message, Map.of(Outcome.DETAIL, outcome.text()));
  }

  public ReplyCode code() {
    return code;
  }

  public String text() {
    return requireNonNull(getMessage());
  }

  public Map<String, String> details() {
    return details;
  }

  Reply reply() {
    return Reply.newBuilder()
        .setCode(code.code())
        .setCodeText(code.text())
        .setMessage(text())
        .putAllDetails(details)
        .build();
  }
}
