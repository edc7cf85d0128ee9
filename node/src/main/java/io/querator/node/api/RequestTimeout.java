package io.querator.node.api;

import io.querator.client.GoDuration;
import io.querator.client.InvalidDurationException;
import io.querator.client.Limits;
import io.querator.node.http.ReplyException;
import java.time.Duration;

/// The checks of `request_timeout`, which calls make in orders of their own.
final class RequestTimeout {
  private RequestTimeout() {}

  /// What the text says; zero where it is empty.
  ///
  /// @throws ReplyException if it is not a duration
  static Duration parse(String text) {
    if (text.isEmpty()) {
      return Duration.ZERO;
    }
    try {
      return GoDuration.parse(text);
    } catch (InvalidDurationException e) {
      throw Refusals.invalid(
          "request timeout is invalid; " + e.getMessage() + " - expected format: 900ms, 5m or 15m");
    }
  }

  /// What the text says; `otherwise` where it says nothing sensible, which is for the call to
  /// refuse.
  static Duration orDefault(String text, Duration otherwise) {
    try {
      Duration given = text.isEmpty() ? otherwise : GoDuration.parse(text);
      return given.isNegative() || given.compareTo(otherwise) > 0 ? otherwise : given;
    } catch (InvalidDurationException e) {
      return otherwise;
    }
  }

  static void checkGiven(Duration timeout) {
    if (timeout.isZero()) {
      throw Refusals.invalid(
          "request timeout is required; '5m' is recommended, 15m is the maximum");
    }
  }

  static void checkAtMostMax(Duration timeout) {
    if (timeout.compareTo(Limits.REQUEST_TIMEOUT_MAX) > 0) {
      throw tooLong(timeout);
    }
  }

  static void checkBelowMax(Duration timeout) {
    if (timeout.compareTo(Limits.REQUEST_TIMEOUT_MAX) >= 0) {
      throw tooLong(timeout);
    }
  }

  private static ReplyException tooLong(Duration timeout) {
    return Refusals.invalid(
        "request timeout is invalid; maximum timeout is '15m' but '"
            + GoDuration.format(timeout)
            + "' was requested");
  }

  static void checkAboveMin(Duration timeout) {
    if (timeout.compareTo(Limits.REQUEST_TIMEOUT_MIN_EXCLUSIVE) <= 0) {
      throw Refusals.invalid(
          "request timeout is invalid; minimum timeout is '10ms' but '"
              + GoDuration.format(timeout)
              + "' was requested");
    }
  }
}
