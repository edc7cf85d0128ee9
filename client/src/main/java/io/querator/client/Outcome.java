package io.querator.client;

import static java.util.Objects.requireNonNull;

import java.util.Arrays;
import java.util.Optional;

/// What is known of a request that was not answered with success.
public enum Outcome {
  /// Nothing has been done and nothing will be: the request may be repeated.
  NOT_EXECUTED("not-executed"),
  /// It may have been executed, or may still be.
  UNKNOWN("unknown");

  /// The key in the details of a [ReplyCode#RETRY_REQUEST] answer whose value is the [#text()] of
  /// an outcome.
  public static final String DETAIL = "outcome";

  private final String text;

  Outcome(String text) {
    this.text = requireNonNull(text, "text");
  }

  /// The outcome as it stands in answers.
  public String text() {
    return text;
  }

  /// The constant of a text; empty for any other text.
  public static Optional<Outcome> of(String text) {
    return Arrays.stream(values()).filter(outcome -> outcome.text.equals(text)).findFirst();
  }
}
