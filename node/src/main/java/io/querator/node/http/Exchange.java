package io.querator.node.http;

import io.helidon.http.Header;
import io.helidon.http.HeaderName;
import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import io.helidon.http.Method;
import io.helidon.http.ServerRequestHeaders;
import io.helidon.http.Status;
import io.helidon.webserver.CloseConnectionException;
import io.helidon.webserver.ServerConnectionException;
import io.helidon.webserver.http.RoutingRequest;
import io.helidon.webserver.http.RoutingResponse;
import io.querator.client.BodyLimit;
import io.querator.client.ReplyCode;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.time.Instant;
import java.util.Locale;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/// One request on its connection. Owned by the thread of the connection.
final class Exchange implements RequestHeaders {
  /// The largest body that is read for no other reason than to keep the connection.
  private static final long DISCARDED_BYTES_MAX = 64 * 1024;

  private final Connection connection;
  private final RoutingRequest request;
  private final RoutingResponse response;
  private final ServerRequestHeaders headers;
  private final Instant arrival;
  private final ByteBudget.Share share;
  private final BooleanSupplier draining;
  private final long bodyBytes;
  private Caller caller = Caller.ANYONE;
  private @Nullable OutputStream stream;
  private boolean close;

  /// @param share pays for the bodies
  /// @param draining whether connections are to be closed
  /// @throws io.helidon.http.RequestException if it is unclear where the request ends
  Exchange(
      Connection connection,
      RoutingRequest request,
      RoutingResponse response,
      Instant arrival,
      ByteBudget.Share share,
      BooleanSupplier draining) {
    this.connection = connection;
    this.request = request;
    this.response = response;
    this.headers = request.headers();
    this.arrival = arrival;
    this.share = share;
    this.draining = draining;
    this.bodyBytes = bodyBytes(headers);
  }

  boolean has(Method method) {
    return request.prologue().method().equals(method);
  }

  String method() {
    return request.prologue().method().text();
  }

  @Override
  public String path() {
    return request.prologue().uriPath().rawPath();
  }

  @Nullable String header(HeaderName name) {
    return headers.contains(name) ? headers.get(name).get() : null;
  }

  @Override
  public Optional<String> value(String name) {
    return Optional.ofNullable(header(HeaderNames.create(name)));
  }

  Caller caller() {
    return caller;
  }

  void caller(Caller who) {
    caller = who;
  }

  ByteBudget.Share share() {
    return share;
  }

  ReadAhead.Watch watch() {
    return connection.watch();
  }

  CallContext context(Accepted accepted, int listed, Body body, Disconnect disconnect) {
    String accept = header(HeaderNames.ACCEPT);
    boolean acceptSent = accept != null && !accept.isEmpty();
    return new CallContext(
        arrival,
        acceptSent,
        accepted.optionalFields(),
        accepted.optedIn(),
        listed,
        this,
        caller,
        new RequestBody(body.bytes(), body.length(), header(HeaderNames.CONTENT_TYPE)),
        disconnect);
  }

  /// Reads the body and leaves the connection to the handler.
  Body readBody(BodyLimit limit) {
    if (bodyBytes > limit.bytes()) {
      throw Body.tooLarge(limit); // without asking a client that waits to be asked
    }
    InputStream in = request.content().inputStream();
    Body body = Body.read(in, bodyBytes, limit, connection.requestReader(), share);
    Passed passed = caller.passed();
    if (passed != null && !passed.isOf(body)) {
      throw new ReplyException(ReplyCode.UNAUTHORIZED, "the body is not the one that was signed");
    }
    connection.enter(ConnectionPhase.HANDLING);
    return body;
  }

  /// Sends the answer in one write and leaves the connection ready for the next request.
  ///
  /// @throws CloseConnectionException if there will be no next request
  void send(Answer answer) {
    int length = answer.body().length();
    share.force(length);
    head(answer.status(), answer.contentType());
    if (has(Method.HEAD)) {
      response.header(HeaderNames.CONTENT_LENGTH, Integer.toString(length));
      length = 0;
    }
    try {
      response.send(answer.body().buffer(), 0, length);
    } catch (UncheckedIOException e) {
      throw new ServerConnectionException("failed to send an answer", e);
    }
    end();
  }

  /// Begins an answer of success whose length is not known yet; [#endStream] ends it.
  OutputStream stream(Accepted accepted) {
    if (stream == null) {
      head(Status.OK_200, accepted.format().header());
      stream = connection.requestReader().http10() ? new Gathered() : response.outputStream();
    }
    return stream;
  }

  boolean streaming() {
    return stream != null;
  }

  /// @throws CloseConnectionException if there will be no next request
  void endStream() {
    if (stream instanceof Gathered gathered) {
      response.send(gathered.all.toByteArray());
    } else {
      response.commit();
    }
    end();
  }

  private void head(Status status, Header contentType) {
    close = mustClose() || draining.getAsBoolean() || wantsClose();
    response.status(status);
    response.header(contentType);
    response.header(HeaderValues.X_CONTENT_TYPE_OPTIONS_NOSNIFF);
    if (close) {
      response.header(HeaderValues.CONNECTION_CLOSE);
    }
  }

  private void end() {
    if (close) {
      throw request.content().consumed()
          ? new CloseConnectionException("the client or the server wants to close")
          : connection.closeUnread();
    }
    discardBody();
    connection.expectRequest();
  }

  /// Whether the connection cannot go on after an answer without the whole body being read first,
  /// which is too much.
  private boolean mustClose() {
    if (request.content().consumed()) {
      return false;
    }
    boolean withheld = headers.contains(HeaderValues.EXPECT_100);
    return withheld || bodyBytes < 0 || bodyBytes > DISCARDED_BYTES_MAX;
  }

  /// Throws away what was not read of the body.
  private void discardBody() {
    if (!request.content().consumed()) {
      connection.requestReader().allowBody((int) DISCARDED_BYTES_MAX, null);
      connection.enter(ConnectionPhase.RECEIVING);
      request.content().consume();
    }
  }

  private boolean wantsClose() {
    String value = header(HeaderNames.CONNECTION);
    if (connection.requestReader().http10()) {
      return value == null || !value.toLowerCase(Locale.ROOT).contains("keep-alive");
    }
    return value != null
        && !value.equals("keep-alive")
        && value.toLowerCase(Locale.ROOT).contains("close");
  }

  /// The length of the body, -1 if it comes in chunks. Helidon would take a request with a strange
  /// `Transfer-Encoding` for one without a body, and the body for the next request (RFC 9112
  /// sections 6.1 and 6.3).
  private static long bodyBytes(ServerRequestHeaders headers) {
    boolean sized = headers.contains(HeaderNames.CONTENT_LENGTH);
    if (headers.contains(HeaderNames.TRANSFER_ENCODING)) {
      if (sized || !headers.contains(HeaderValues.TRANSFER_ENCODING_CHUNKED)) {
        throw RequestReader.badRequest("the length of the body is ambiguous");
      }
      return -1;
    }
    if (!sized) {
      return 0;
    }
    Header length = headers.get(HeaderNames.CONTENT_LENGTH);
    String digits = length.get();
    if (length.valueCount() != 1 || digits.isEmpty() || digits.length() > 18) {
      throw RequestReader.badRequest("the length of the body is ambiguous");
    }
    long bytes = 0;
    for (int i = 0; i < digits.length(); i++) {
      int digit = digits.charAt(i) - '0';
      if (digit < 0 || digit > 9) {
        throw RequestReader.badRequest("the length of the body is not a number");
      }
      bytes = bytes * 10 + digit;
    }
    return bytes;
  }

  /// A stream for HTTP/1.0, which has no chunks: all of it, as far as the budget goes.
  private final class Gathered extends OutputStream {
    private final ByteArrayOutputStream all = new ByteArrayOutputStream();

    @Override
    public void write(int b) {
      share.take(1);
      all.write(b);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) {
      share.take(length);
      all.write(bytes, offset, length);
    }
  }
}
