package io.querator.node.http.codec;

import static java.util.Objects.requireNonNull;

/// A request body that cannot be decoded: the client's mistake, answered with 455.
///
/// The message begins with `proto:` and is meant for the client. It carries no stack trace, as
/// clients can cause it at any rate they like.
public final class CodecException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  CodecException(String message) {
    super("proto: " + message, null, false, false);
  }

  /// The message; never null.
  public String text() {
    return requireNonNull(getMessage());
  }

  static CodecException malformed() {
    return new CodecException("cannot parse invalid wire-format data");
  }
}
