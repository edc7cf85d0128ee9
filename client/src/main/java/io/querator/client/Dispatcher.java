package io.querator.client;

import com.google.protobuf.Message;
import io.querator.client.Attempt.Failure;
import io.querator.client.Attempt.Kind;
import io.querator.client.Attempt.Success;
import io.querator.client.Endpoints.Endpoint;
import io.querator.client.QueratorException.Answer;
import io.querator.client.message.QueueProduceRequest;
import java.net.URI;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BiFunction;

/// Repeats a call until it succeeds, must not be repeated, or its time is over. Thread-safe.
final class Dispatcher implements AutoCloseable {
  /// With less time left, another attempt is of no use: nodes refuse timeouts of 10 ms.
  private static final Duration ATTEMPT_MIN = Limits.REQUEST_TIMEOUT_MIN_EXCLUSIVE.multipliedBy(2);

  private final ClientSettings settings;
  private final Endpoints endpoints;
  private final HttpTransport transport;

  /// One permit for each call under way.
  private final Semaphore permits;

  private final AtomicBoolean closing = new AtomicBoolean();

  /// Open until the client is closed; ends the waits between attempts.
  private final CountDownLatch closed = new CountDownLatch(1);

  Dispatcher(ClientSettings settings) {
    this.settings = settings;
    this.endpoints = new Endpoints(settings.nodes(), System::nanoTime);
    this.transport = new HttpTransport(settings.connectTimeout(), settings.answerBytesMax());
    this.permits = new Semaphore(settings.callsMax());
  }

  /// The time of a call.
  ///
  /// @param timeout for all attempts
  /// @param margin how much longer the answer of an attempt may take to arrive
  record Time(Duration timeout, Duration margin) {}

  /// Executes a call whose request is made anew for each repeat, from the time that remains.
  ///
  /// @throws QueratorException if it fails
  <Q extends Message, A extends Message> A call(
      Call<Q, A> call, Time time, Q request, BiFunction<Q, Duration, Q> repeat) {
    boolean repeatable = isRepeatable(call, request);
    Deadline deadline = Deadline.after(time.timeout());
    return repeating(
        deadline,
        repeatable,
        (endpoint, first) -> {
          Duration remaining = deadline.remaining();
          Q sent = first ? request : repeat.apply(request, remaining);
          return transport.send(
              endpoint.at(call.path()), call, sent, remaining.plus(time.margin()));
        });
  }

  /// Asks one node, once.
  String health() {
    Deadline deadline = Deadline.after(settings.callTimeout());
    acquirePermit(deadline);
    try {
      URI uri = endpoints.next().at("/health");
      return switch (transport.health(uri, deadline.remaining())) {
        case Success(var document) -> document;
        case Failure<String> failure ->
            throw new QueratorException(failure.answer(), Outcome.NOT_EXECUTED, failure.cause());
      };
    } finally {
      permits.release();
    }
  }

  private static boolean isRepeatable(Call<?, ?> call, Message request) {
    return switch (call.repetition()) {
      case HARMLESS -> true;
      case HARMFUL -> false;
      case HARMLESS_WITH_KEY ->
          request instanceof QueueProduceRequest produce && !produce.getIdempotencyKey().isEmpty();
    };
  }

  private <A> A repeating(
      Deadline deadline, boolean repeatable, BiFunction<Endpoint, Boolean, Attempt<A>> attempt) {
    acquirePermit(deadline);
    try {
      Outcome outcome = Outcome.NOT_EXECUTED;
      for (int attempts = 1; ; attempts++) {
        Endpoint endpoint = endpoints.next();
        switch (attempt.apply(endpoint, attempts == 1)) {
          case Success(var answer) -> {
            return answer;
          }
          case Failure<A> failure -> {
            outcome = failure.outcome() == Outcome.UNKNOWN ? Outcome.UNKNOWN : outcome;
            if (failure.kind() == Kind.UNREACHABLE) {
              endpoints.unreachable(endpoint);
            }
            if (!mayRepeat(failure, repeatable) || !pause(failure.kind(), attempts, deadline)) {
              throw new QueratorException(failure.answer(), outcome, failure.cause());
            }
          }
        }
      }
    } finally {
      permits.release();
    }
  }

  private static boolean mayRepeat(Failure<?> failure, boolean repeatable) {
    return failure.kind() != Kind.FINAL
        && (repeatable || failure.outcome() == Outcome.NOT_EXECUTED);
  }

  private void acquirePermit(Deadline deadline) {
    String problem;
    try {
      if (permits.tryAcquire(deadline.remaining().toNanos(), TimeUnit.NANOSECONDS)) {
        if (!closing.get()) {
          return;
        }
        permits.release();
        problem = "call not begun; the client is closed";
      } else {
        problem = "call not begun; " + settings.callsMax() + " others are under way";
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      problem = "call not begun; its thread was interrupted";
    }
    throw new QueratorException(Answer.none(problem), Outcome.NOT_EXECUTED, null);
  }

  /// Waits before the next attempt.
  ///
  /// @return false if there must not be one
  private boolean pause(Kind kind, int failedAttempts, Deadline deadline) {
    boolean otherNode = kind == Kind.UNREACHABLE && failedAttempts < endpoints.count();
    Duration wait =
        otherNode
            ? Duration.ZERO
            : settings.backoff().after(failedAttempts, ThreadLocalRandom.current());
    if (deadline.remaining().minus(wait).compareTo(ATTEMPT_MIN) < 0) {
      return false;
    }
    try {
      return !closed.await(wait.toNanos(), TimeUnit.NANOSECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  /// Ends long polls at once, gives other calls time to finish, and refuses new ones. Of no effect
  /// when repeated.
  @Override
  public void close() {
    if (!closing.compareAndSet(false, true)) {
      return;
    }
    closed.countDown();
    transport.endPolls();
    try {
      // All permits: no call is under way.
      boolean _ =
          permits.tryAcquire(
              settings.callsMax(), settings.closeTimeout().toNanos(), TimeUnit.NANOSECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      transport.close(settings.closeTimeout());
      permits.release();
    }
  }
}
