package io.querator.node.http;

import io.helidon.http.HeaderNames;
import io.helidon.http.Method;
import io.helidon.http.RequestException;
import io.helidon.http.Status;
import io.helidon.webserver.CloseConnectionException;
import io.helidon.webserver.ConnectionContext;
import io.helidon.webserver.http.HttpRouting;
import io.helidon.webserver.http.HttpSecurity;
import io.helidon.webserver.http.RoutingRequest;
import io.helidon.webserver.http.RoutingResponse;
import io.querator.client.BodyLimit;
import io.querator.client.ReplyCode;
import io.querator.node.http.codec.CodecException;
import io.querator.node.http.codec.Encoded;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Takes every request through the checks of the transport, in the order that the API lays down, to
/// its handler, and sends the answer in one write.
///
/// Used by the threads of all connections.
final class Dispatcher implements HttpRouting {
  private static final Logger LOG = LoggerFactory.getLogger(Dispatcher.class);

  private static final BodyLimit MESSAGE_BODY = new BodyLimit(MessageHandler.BYTES_MAX, "32MiB");

  private final HttpSettings settings;
  private final Map<String, Page> pages;
  private final Map<String, MessageHandler> messages;
  private final Authenticator authenticator;
  private final CallObserver observer;
  private final InstantSource clock;
  private final HttpSecurity security = HttpSecurity.create();
  private final ByteBudget budget;
  private final int callsMax;
  private final AtomicInteger calls = new AtomicInteger();
  private volatile Map<String, CallRoute<?>> routes = Map.of();
  private volatile boolean draining;

  Dispatcher(HttpSettings settings, HttpApi api, InstantSource clock) {
    this.settings = settings;
    this.pages = api.pages();
    messages = api.messages();
    this.authenticator = api.authenticator();
    this.observer = api.observer();
    this.clock = clock;
    budget = new ByteBudget(settings.bodyBytesMax());
    callsMax = settings.callsMax();
    serve(api.calls());
  }

  /// Answers these calls from now on.
  void serve(CallHandlers handlers) {
    Map<String, CallRoute<?>> served = new HashMap<>();
    for (CallHandlers.Binding<?> binding : handlers.bindings()) {
      served.put(binding.call().path(), CallRoute.of(binding, settings));
    }
    routes = Map.copyOf(served);
  }

  @Override
  public HttpSecurity security() {
    return security;
  }

  int calls() {
    return calls.get();
  }

  long bodyBytes() {
    return budget.used();
  }

  void drain() {
    draining = true;
  }

  @Override
  public void route(ConnectionContext context, RoutingRequest request, RoutingResponse response) {
    Connection connection = (Connection) context;
    try (ByteBudget.Share share = budget.open()) {
      Exchange exchange =
          new Exchange(connection, request, response, clock.instant(), share, () -> draining);
      serve(exchange);
    } catch (CloseConnectionException | RequestException e) {
      throw e;
    } catch (RuntimeException | Error e) {
      LOG.atError().setCause(e).log("answer failed");
      throw new CloseConnectionException("failed to answer", e);
    }
  }

  private void serve(Exchange exchange) {
    Answer answer = answer(exchange);
    if (!exchange.streaming()) {
      exchange.send(answer);
    } else if (answer.status().code() == Status.OK_200.code()) {
      exchange.endStream();
    } else {
      LOG.atWarn()
          .addKeyValue("path", exchange.path())
          .addKeyValue("status", answer.status().code())
          .log("a list was cut off");
      throw new CloseConnectionException("failed in the middle of an answer");
    }
  }

  private Answer answer(Exchange exchange) {
    Accepted accepted = Accepted.JSON;
    try {
      if (exchange.has(Method.GET)) {
        Page page = pages.get(exchange.path());
        if (page != null) {
          return Answer.page(page.content());
        }
      }
      String accept = exchange.header(HeaderNames.ACCEPT);
      Accepted wanted = Accepted.of(accept);
      accepted = wanted == null ? Accepted.JSON : wanted;
      if (!exchange.has(Method.POST)) {
        throw refusal("http method '" + exchange.method() + "' not allowed; only POST");
      }
      if (accept != null && wanted == null) {
        throw Accepted.refusal(accept);
      }
      exchange.caller(authenticator.authenticate(exchange));
      MessageHandler message = messages.get(exchange.path());
      if (message != null) {
        return message(message, exchange);
      }
      CallRoute<?> route = routes.get(exchange.path());
      if (route == null) {
        throw new ReplyException(ReplyCode.NOT_IMPLEMENTED, "no such method; " + exchange.path());
      }
      return call(route, accepted, exchange);
    } catch (ReplyException e) {
      return Answer.refusal(e, accepted);
    } catch (CloseConnectionException | RequestException e) {
      throw e;
    } catch (RuntimeException | Error e) {
      return failure(e, accepted, exchange);
    }
  }

  /// Answers a call, and tells the observer how it went.
  private Answer call(CallRoute<?> route, Accepted accepted, Exchange exchange) {
    long start = System.nanoTime();
    ReplyCode code = ReplyCode.INTERNAL_SERVICE_ERROR;
    try {
      if (calls.incrementAndGet() > callsMax) {
        throw ByteBudget.overloaded();
      }
      Encoded body = handle(route, accepted, exchange);
      code = ReplyCode.OK;
      return Answer.success(body, accepted);
    } catch (ReplyException e) {
      code = e.code();
      throw e;
    } finally {
      calls.decrementAndGet();
      observer.answered(route.call(), code, System.nanoTime() - start);
    }
  }

  private static Answer message(MessageHandler handler, Exchange exchange) {
    Body body = exchange.readBody(MESSAGE_BODY);
    byte[] answer = handler.answer(exchange.caller(), Arrays.copyOf(body.bytes(), body.length()));
    return Answer.message(answer);
  }

  private static Encoded handle(CallRoute<?> route, Accepted accepted, Exchange exchange) {
    Body body = exchange.readBody(route.bodyLimit());
    BodyFormat format = BodyFormat.ofRequest(exchange.header(HeaderNames.CONTENT_TYPE));
    try {
      return route.answer(exchange, body, format, accepted);
    } catch (CodecException e) {
      throw new ReplyException(ReplyCode.CLIENT_CONTENT_ERROR, e.text());
    }
  }

  private static Answer failure(Throwable cause, Accepted accepted, Exchange exchange) {
    LOG.atError().addKeyValue("path", exchange.path()).setCause(cause).log("request failed");
    return Answer.refusal(internalError(), accepted);
  }

  static ReplyException internalError() {
    return new ReplyException(ReplyCode.INTERNAL_SERVICE_ERROR, "Internal Error");
  }

  private static ReplyException refusal(String message) {
    return new ReplyException(ReplyCode.BAD_REQUEST, message);
  }
}
