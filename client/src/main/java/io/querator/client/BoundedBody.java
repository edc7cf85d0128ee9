package io.querator.client;

import java.io.IOException;
import java.net.http.HttpResponse.BodySubscriber;
import java.net.http.HttpResponse.BodySubscribers;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow;
import org.jspecify.annotations.Nullable;

/// Collects an answer up to a number of bytes. Unlike the JDK's own limit, it fails with an
/// exception of its own.
final class BoundedBody implements BodySubscriber<byte[]> {
  private final BodySubscriber<byte[]> bytes = BodySubscribers.ofByteArray();
  private final long bytesMax;
  private long count;
  private boolean over;
  private Flow.@Nullable Subscription subscription;

  BoundedBody(long bytesMax) {
    this.bytesMax = bytesMax;
  }

  /// The answer is larger than allowed.
  static final class TooLargeException extends IOException {
    private static final long serialVersionUID = 1;

    TooLargeException(long bytesMax) {
      super("answer is larger than " + bytesMax + " bytes");
    }
  }

  @Override
  public CompletionStage<byte[]> getBody() {
    return bytes.getBody();
  }

  @Override
  public void onSubscribe(Flow.Subscription given) {
    subscription = given;
    bytes.onSubscribe(given);
  }

  @Override
  public void onNext(List<ByteBuffer> part) {
    if (over) {
      return;
    }
    for (ByteBuffer buffer : part) {
      count += buffer.remaining();
    }
    if (count <= bytesMax) {
      bytes.onNext(part);
      return;
    }
    over = true;
    if (subscription != null) {
      subscription.cancel();
    }
    bytes.onError(new TooLargeException(bytesMax));
  }

  @Override
  public void onError(Throwable error) {
    if (!over) {
      bytes.onError(error);
    }
  }

  @Override
  public void onComplete() {
    if (!over) {
      bytes.onComplete();
    }
  }
}
