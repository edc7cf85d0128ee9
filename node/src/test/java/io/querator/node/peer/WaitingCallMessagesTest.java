package io.querator.node.peer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.querator.cluster.NodeId;
import io.querator.cluster.link.PeerException;
import io.querator.cluster.link.PeerException.Kind;
import io.querator.node.service.Peers.Answer;
import io.querator.node.service.WaitingCall;
import io.querator.storage.Micros;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@Timeout(60)
class WaitingCallMessagesTest {
  private static final NodeId B = new NodeId("b");
  private static final NodeId C = new NodeId("c");
  private static final Instant NOW = Instant.parse("2030-01-01T00:00:00Z");
  private static final InstantSource CLOCK = InstantSource.fixed(NOW);
  private static final WaitingCall CALL =
      new WaitingCall("q", "x", 7, Micros.of(NOW.minusSeconds(1)), Micros.of(NOW.plusSeconds(9)));

  @ParameterizedTest
  @EnumSource
  void passesAnAnswerOn(Answer answer) {
    WaitingCallMessages messages =
        new WaitingCallMessages((_, _, _, _) -> QueueFields.bytes(answer), CLOCK);

    assertThat(messages.register(B, CALL)).isEqualTo(answer);
    assertThat(messages.yields(B, CALL)).isEqualTo(answer);
  }

  @Test
  void saysHowLongACallHasWaitedAndHowLongItMay() {
    WaitingCallMessages messages =
        new WaitingCallMessages(
            (to, subject, message, _) -> {
              assertThat(to).isEqualTo(B);
              QueueFields.read(
                  message,
                  in -> {
                    assertThat(QueueFields.readText(in)).isEqualTo("q");
                    assertThat(QueueFields.readText(in)).isEqualTo("x");
                    List<Long> numbers =
                        switch (subject) {
                          case QueueSubject.WAIT -> List.of(9_000_000L, 1_000_000L, 7L);
                          case QueueSubject.YIELD -> List.of(1_000_000L);
                          default -> List.of(7L);
                        };
                    for (long number : numbers) {
                      assertThat(in.readLong()).isEqualTo(number);
                    }
                    assertThat(in.available()).isZero();
                    return true;
                  });
              return QueueFields.bytes(Answer.YES);
            },
            CLOCK);

    assertThat(messages.register(B, CALL)).isEqualTo(Answer.YES);
    assertThat(messages.yields(B, CALL)).isEqualTo(Answer.YES);
    messages.unregister(B, CALL);
  }

  @ParameterizedTest
  @EnumSource
  void keepsTheClientOfANodeThatMayLive(Kind kind) {
    WaitingCallMessages messages =
        new WaitingCallMessages(
            (_, _, _, _) -> {
              throw new PeerException(kind, "no answer", null);
            },
            CLOCK);

    assertThat(messages.register(B, CALL)).isEqualTo(Answer.UNKNOWN);
    assertThat(messages.yields(B, CALL))
        .isEqualTo(kind == Kind.REFUSED ? Answer.YES : Answer.UNKNOWN);
    messages.unregister(B, CALL);
  }

  @Test
  void asksOtherNodesThoughOneHangs() throws InterruptedException {
    CountDownLatch answered = new CountDownLatch(1);
    AtomicInteger hanging = new AtomicInteger();
    WaitingCallMessages messages =
        new WaitingCallMessages(
            (to, _, _, _) -> {
              if (to.equals(B)) {
                hanging.incrementAndGet();
                hang(answered);
              }
              return QueueFields.bytes(Answer.YES);
            },
            CLOCK);
    List<Thread> asking =
        Stream.generate(() -> Thread.ofVirtual().start(() -> messages.yields(B, CALL)))
            .limit(16)
            .toList();
    await().until(() -> hanging.get() == 16);

    assertThat(messages.yields(B, CALL)).isEqualTo(Answer.UNKNOWN);
    assertThat(messages.yields(C, CALL)).isEqualTo(Answer.YES);

    answered.countDown();
    for (Thread thread : asking) {
      thread.join();
    }
    assertThat(messages.yields(B, CALL)).isEqualTo(Answer.YES);
  }

  private static void hang(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
