package io.querator.node.api;

import io.querator.client.Outcome;
import io.querator.client.ReplyCode;
import io.querator.node.http.ReplyException;
import java.util.Map;

/// A partition is not owned here: nothing was executed, and another node may be asked.
final class MovedException extends ReplyException {
  /// What the message begins with, by which a node knows it from another's answer.
  static final String PREFIX = "partition not found; partition '";

  private static final long serialVersionUID = 1L;

  MovedException(int partition) {
    super(
        ReplyCode.RETRY_REQUEST,
        PREFIX + partition + "' may have moved, retry again",
        Map.of(Outcome.DETAIL, Outcome.NOT_EXECUTED.text()));
  }
}
