package io.querator.node.http;

import io.helidon.http.Header;
import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import io.helidon.http.Status;
import io.querator.client.ReplyCode;
import io.querator.client.message.Reply;
import io.querator.node.http.codec.Encoded;
import io.querator.node.http.codec.MessageCodec;
import java.util.EnumMap;
import java.util.Map;

/// What is sent in answer to a request.
record Answer(Status status, Header contentType, Encoded body) {
  private static final MessageCodec<Reply> REPLY = MessageCodec.of(Reply.getDefaultInstance());
  private static final Header BINARY =
      HeaderValues.createCached(HeaderNames.CONTENT_TYPE, "application/octet-stream");
  private static final Map<ReplyCode, Status> STATUSES = new EnumMap<>(ReplyCode.class);

  static {
    for (ReplyCode code : ReplyCode.values()) {
      STATUSES.put(
          code, code == ReplyCode.OK ? Status.OK_200 : Status.create(code.code(), code.text()));
    }
  }

  static Answer success(Encoded body, Accepted accepted) {
    return new Answer(Status.OK_200, accepted.format().header(), body);
  }

  static Answer refusal(ReplyException refusal, Accepted accepted) {
    return new Answer(
        status(refusal.code()),
        accepted.format().header(),
        accepted.encode(REPLY, refusal.reply()));
  }

  static Answer message(byte[] bytes) {
    return new Answer(Status.OK_200, BINARY, new Encoded(bytes, bytes.length));
  }

  static Answer page(Page.Content page) {
    return new Answer(
        Status.create(page.status()),
        HeaderValues.create(HeaderNames.CONTENT_TYPE, page.type()),
        new Encoded(page.body(), page.body().length));
  }

  static Status status(ReplyCode code) {
    Status status = STATUSES.get(code);
    if (status == null) {
      throw new IllegalStateException("no HTTP status for " + code);
    }
    return status;
  }
}
