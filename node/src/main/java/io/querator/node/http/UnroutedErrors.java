package io.querator.node.http;

import io.helidon.http.DirectHandler;
import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import io.helidon.http.ServerRequestHeaders;
import io.helidon.http.ServerResponseHeaders;
import io.helidon.http.Status;
import io.querator.client.ReplyCode;
import java.util.Arrays;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Answers in the API's form what Helidon refuses by itself: requests that are not HTTP.
final class UnroutedErrors implements DirectHandler {
  private static final Logger LOG = LoggerFactory.getLogger(UnroutedErrors.class);
  private static final int DETAIL_LENGTH_MAX = 200;

  @Override
  public TransportResponse handle(
      TransportRequest request,
      EventType event,
      Status status,
      ServerResponseHeaders headers,
      String message) {
    LOG.atDebug()
        .addKeyValue("status", status.code())
        .addKeyValue("detail", message)
        .log("request refused");
    Answer answer = Answer.refusal(refusal(status, message), accepted(request.headers()));
    return TransportResponse.builder()
        .status(answer.status())
        .header(answer.contentType())
        .header(HeaderValues.X_CONTENT_TYPE_OPTIONS_NOSNIFF)
        .keepAlive(false)
        .entity(Arrays.copyOf(answer.body().buffer(), answer.body().length()))
        .build();
  }

  private static ReplyException refusal(Status status, String message) {
    return switch (status.code()) {
      case 503 -> ByteBudget.overloaded();
      case 505 ->
          new ReplyException(
              ReplyCode.BAD_REQUEST, "http request is invalid; only HTTP/1.1 is supported");
      case 500 -> // a method that is no word; the dispatcher lets no failure of its own come here
          new ReplyException(ReplyCode.BAD_REQUEST, "http request is invalid; it cannot be parsed");
      default ->
          new ReplyException(
              ReplyCode.BAD_REQUEST, "http request is invalid; " + firstLine(message));
    };
  }

  private static Accepted accepted(ServerRequestHeaders headers) {
    String accept =
        headers.contains(HeaderNames.ACCEPT) ? headers.get(HeaderNames.ACCEPT).get() : null;
    Accepted accepted = Accepted.of(accept);
    return accepted == null ? Accepted.JSON : accepted;
  }

  private static String firstLine(String message) {
    if (message == null || message.isBlank()) {
      return "it cannot be parsed";
    }
    int end = message.indexOf('\n');
    String line = end < 0 ? message : message.substring(0, end);
    return line.substring(0, Math.min(line.length(), DETAIL_LENGTH_MAX)).strip();
  }
}
