package io.querator.client;

import java.io.IOException;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.ByteBuffer;
import java.util.concurrent.Flow;
import java.util.concurrent.atomic.AtomicReference;

/// A request body that knows whether its sending was begun: before that, no node can have executed
/// the request.
final class TrackedBody implements BodyPublisher {
  private final BodyPublisher bytes;
  private final AtomicReference<State> state = new AtomicReference<>(State.NEW);

  private enum State {
    NEW,
    BEGUN,
    STOPPED
  }

  TrackedBody(byte[] bytes) {
    this.bytes = BodyPublishers.ofByteArray(bytes);
  }

  /// Sees to it that the sending does not begin from now on; what has begun goes on.
  ///
  /// @return whether a node may have the whole request. An empty body is never asked for: its
  ///   request is always doubtful
  boolean stop() {
    state.compareAndSet(State.NEW, State.STOPPED);
    return state.get() == State.BEGUN || bytes.contentLength() == 0;
  }

  @Override
  public long contentLength() {
    return bytes.contentLength();
  }

  @Override
  public void subscribe(Flow.Subscriber<? super ByteBuffer> subscriber) {
    state.compareAndSet(State.NEW, State.BEGUN);
    if (state.get() == State.BEGUN) {
      bytes.subscribe(subscriber);
    } else {
      subscriber.onSubscribe(Stopped.SUBSCRIPTION);
      subscriber.onError(new IOException("call ended before its request was sent"));
    }
  }

  /// Has nothing to give.
  private enum Stopped implements Flow.Subscription {
    SUBSCRIPTION;

    @Override
    public void request(long n) {}

    @Override
    public void cancel() {}
  }
}
