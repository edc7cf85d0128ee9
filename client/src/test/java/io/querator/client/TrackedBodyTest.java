package io.querator.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.http.HttpResponse.BodySubscriber;
import java.net.http.HttpResponse.BodySubscribers;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Flow;
import org.junit.jupiter.api.Test;

class TrackedBodyTest {
  private final TrackedBody body = new TrackedBody(new byte[] {1, 2, 3});

  @Test
  void hasNotArrivedBeforeItIsAskedFor() {
    assertThat(body.stop()).isFalse();
  }

  @Test
  void mayHaveArrivedOnceItIsAskedFor() {
    assertThat(read(body).join()).containsExactly(1, 2, 3);
    assertThat(body.stop()).isTrue();
  }

  @Test
  void canBeAskedForAgain() {
    CompletableFuture<byte[]> first = read(body);

    assertThat(body.stop()).isTrue();
    assertThat(read(body).join()).isEqualTo(first.join());
  }

  @Test
  void isNotSentOnceItIsStopped() {
    assertThat(body.stop()).isFalse();

    CompletableFuture<byte[]> read = read(body);

    assertThatThrownBy(read::join)
        .isInstanceOf(CompletionException.class)
        .hasCauseInstanceOf(IOException.class);
    assertThat(body.stop()).isFalse();
  }

  @Test
  void isAlwaysDoubtfulIfEmpty() {
    assertThat(new TrackedBody(new byte[0]).stop()).isTrue();
  }

  private static CompletableFuture<byte[]> read(TrackedBody body) {
    BodySubscriber<byte[]> bytes = BodySubscribers.ofByteArray();
    body.subscribe(
        new Flow.Subscriber<ByteBuffer>() {
          @Override
          public void onSubscribe(Flow.Subscription subscription) {
            bytes.onSubscribe(subscription);
          }

          @Override
          public void onNext(ByteBuffer part) {
            bytes.onNext(List.of(part));
          }

          @Override
          public void onError(Throwable error) {
            bytes.onError(error);
          }

          @Override
          public void onComplete() {
            bytes.onComplete();
          }
        });
    return bytes.getBody().toCompletableFuture();
  }
}
