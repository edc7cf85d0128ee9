package io.querator.node.http;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class ReadAheadTest {
  private static final Optional<byte[]> END = Optional.empty();

  private final BlockingQueue<Optional<byte[]>> socket = new LinkedBlockingQueue<>();
  private final AtomicInteger reads = new AtomicInteger();
  private final ReadAhead readAhead = new ReadAhead(this::readSocket);

  @Test
  void readsTheSocketItselfWhileNobodyWatches() throws InterruptedException {
    ReadAhead.Watch watch = readAhead.watch();
    watch.end();
    send("a");
    socket.add(END);

    assertThat(readAhead.next()).isEqualTo(bytes("a"));
    assertThat(readAhead.next()).isNull();
    assertThat(watch.isDisconnected()).isFalse();
  }

  @Test
  void runsTheActionOnceWhenTheStreamEnds() throws InterruptedException {
    AtomicInteger runs = new AtomicInteger();
    ReadAhead.Watch watch = readAhead.watch();
    watch.onDisconnect(runs::incrementAndGet);

    socket.add(END);

    await().untilAsserted(() -> assertThat(runs).hasValue(1));
    assertThat(watch.isDisconnected()).isTrue();
    watch.end();
    assertThat(readAhead.next()).isNull();
    assertThat(runs).hasValue(1);
  }

  @Test
  void runsEveryActionThoughOneFails() {
    AtomicInteger runs = new AtomicInteger();
    ReadAhead.Watch watch = readAhead.watch();
    watch.onDisconnect(() -> {
      throw new IllegalStateException("on purpose");
    });
    watch.onDisconnect(runs::incrementAndGet);

    socket.add(END);

    await().untilAsserted(() -> assertThat(runs).hasValue(1));
  }

  @Test
  void runsAnActionAtOnceAfterTheEnd() {
    ReadAhead.Watch watch = readAhead.watch();
    watch.onDisconnect(() -> {});
    socket.add(END);
    await().until(watch::isDisconnected);
    AtomicInteger runs = new AtomicInteger();

    watch.onDisconnect(runs::incrementAndGet);

    assertThat(runs).hasValue(1);
  }

  @Test
  void runsNothingAfterTheHandlerHasReturned() throws InterruptedException {
    AtomicInteger runs = new AtomicInteger();
    ReadAhead.Watch watch = readAhead.watch();
    watch.onDisconnect(runs::incrementAndGet);
    watch.end();
    watch.onDisconnect(runs::incrementAndGet);
    socket.add(END);

    assertThat(readAhead.next()).isNull();
    assertThat(runs).hasValue(0);
  }

  @Test
  void handsOnWhatItReadAheadInOrder() throws InterruptedException {
    ReadAhead.Watch first = readAhead.watch();
    first.onDisconnect(() -> {});
    send("a");
    send("b");
    await().until(socket::isEmpty);
    first.end();

    assertThat(readAhead.next()).isEqualTo(bytes("a"));
    assertThat(readAhead.next()).isEqualTo(bytes("b"));
    send("c");
    assertThat(readAhead.next()).isEqualTo(bytes("c"));
    send("d");
    assertThat(readAhead.next()).isEqualTo(bytes("d"));
  }

  @Test
  void neverHasTwoReaders() throws InterruptedException {
    for (int i = 0; i < 100; i++) {
      ReadAhead.Watch watch = readAhead.watch();
      watch.onDisconnect(() -> {});
      watch.end();
      send("x" + i);

      assertThat(readAhead.next()).isEqualTo(bytes("x" + i));
    }
    assertThat(reads.get()).isBetween(100, 201);
  }

  @Test
  void stopsReadingWhenItKeepsTooMuch() throws InterruptedException {
    ReadAhead.Watch watch = readAhead.watch();
    watch.onDisconnect(() -> {});
    for (int i = 0; i < 200; i++) {
      socket.add(Optional.of(new byte[1024]));
    }

    await().until(() -> reads.get() == 64);
    watch.end();

    for (int i = 0; i < 200; i++) {
      assertThat(readAhead.next()).hasSize(1024);
    }
    assertThat(socket).isEmpty();
  }

  @Test
  void passesOnAFailureOfTheSocket() {
    ReadAhead.Watch watch = readAhead.watch();
    watch.onDisconnect(() -> {});
    socket.add(Optional.of(bytes("fail")));
    await().until(watch::isDisconnected);
    watch.end();

    assertThatThrownBy(readAhead::next).hasMessage("on purpose");
  }

  @Test
  void canBeInterruptedWhileItWaitsForTheOtherReader() {
    ReadAhead.Watch watch = readAhead.watch();
    watch.onDisconnect(() -> {});
    watch.end();
    CompletableFuture<Boolean> interrupted = new CompletableFuture<>();
    Thread connection =
        Thread.ofVirtual()
            .start(() -> {
              try {
                readAhead.next();
                interrupted.complete(false);
              } catch (InterruptedException e) {
                interrupted.complete(true);
              }
            });

    connection.interrupt();

    assertThat(interrupted.join()).isTrue();
    socket.add(END);
  }

  private void send(String text) {
    socket.add(Optional.of(bytes(text)));
  }

  private byte @Nullable [] readSocket() {
    try {
      byte[] bytes = socket.take().orElse(null);
      reads.incrementAndGet();
      if (bytes != null && new String(bytes, US_ASCII).equals("fail")) {
        throw new IllegalStateException("on purpose");
      }
      return bytes;
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private static byte[] bytes(String text) {
    return text.getBytes(US_ASCII);
  }
}
