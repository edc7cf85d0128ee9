package io.querator.client;

import static java.util.Objects.requireNonNull;

import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;

/// The codes of answers. A code is also the HTTP status.
public enum ReplyCode {
  /// Success; its text is empty, because answers of success carry none.
  OK(200, ""),
  /// The request breaks a rule, or names what does not exist or is in another state.
  BAD_REQUEST(400, "Bad Request"),
  /// The credentials are malformed, unknown or expired.
  UNAUTHORIZED(401, "Unauthorized"),
  /// The caller is known, but may not do this.
  FORBIDDEN(403, "Forbidden"),
  /// A namespace, user, role or binding does not exist, or a service or queue is shutting down.
  REQUEST_FAILED(453, "Request Failed"),
  /// The same request may be repeated; the detail [Outcome#DETAIL] says whether it may have been
  /// executed.
  RETRY_REQUEST(454, "Retry Request"),
  /// The body, its type, or the wanted type of the answer is not understood.
  CLIENT_CONTENT_ERROR(455, "Client Content Error"),
  /// A defect of the server; the cause stands only in its log.
  INTERNAL_SERVICE_ERROR(500, "Internal Service Error"),
  /// The path is unknown.
  NOT_IMPLEMENTED(501, "Not Implemented");

  private static final Map<Integer, ReplyCode> BY_CODE =
      Arrays.stream(values())
          .collect(Collectors.toUnmodifiableMap(ReplyCode::code, Function.identity()));

  private final int code;
  private final String text;

  ReplyCode(int code, String text) {
    this.code = code;
    this.text = requireNonNull(text, "text");
  }

  /// The value of `code` and the HTTP status.
  public int code() {
    return code;
  }

  /// The value of `code_text`.
  public String text() {
    return text;
  }

  /// The constant of a number; empty for one that is not part of the API.
  public static Optional<ReplyCode> of(int code) {
    return Optional.ofNullable(BY_CODE.get(code));
  }
}
