package io.querator.node.service;

import static org.assertj.core.api.Assertions.assertThat;

import io.querator.cluster.NodeId;
import io.querator.node.service.Peers.Answer;
import io.querator.storage.Micros;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class WaitingClientsTest {
  private static final NodeId B = new NodeId("b");
  private static final NodeId C = new NodeId("c");
  private static final Instant BEGUN = Instant.parse("2030-01-01T00:00:00Z");
  private static final Instant UNTIL = BEGUN.plusSeconds(60);

  private final List<String> asked = new ArrayList<>();
  private Instant now = BEGUN;
  private Answer yields = Answer.NO;

  private final WaitingClients clients =
      new WaitingClients(
          () -> now,
          (node, call) -> {
            asked.add(node + " " + call.queue() + " " + call.client());
            return yields;
          });

  private Answer begin(@Nullable NodeId node, String queue, String client) {
    return begin(node, queue, client, 7);
  }

  private Answer begin(@Nullable NodeId node, String queue, String client, long token) {
    return clients.begin(
        node, new WaitingCall(queue, client, token, Micros.of(BEGUN), Micros.of(UNTIL)));
  }

  @Test
  void asksNobodyWhereAClientWaitsOnOneNode() {
    assertThat(begin(B, "q", "x")).isEqualTo(Answer.YES);
    assertThat(begin(B, "q", "x")).isEqualTo(Answer.YES);
    assertThat(begin(C, "other", "x")).isEqualTo(Answer.YES);
    assertThat(begin(C, "q", "y")).isEqualTo(Answer.YES);
    assertThat(begin(null, "q", "z")).isEqualTo(Answer.YES);
    assertThat(begin(null, "q", "z")).isEqualTo(Answer.YES);

    assertThat(asked).isEmpty();
  }

  @Test
  void refusesAClientThatWaitsOnAnotherNode() {
    begin(B, "q", "x");
    begin(null, "q", "y");

    assertThat(begin(C, "q", "x")).isEqualTo(Answer.NO);
    assertThat(begin(null, "q", "x")).isEqualTo(Answer.NO);
    assertThat(begin(B, "q", "y")).isEqualTo(Answer.NO);
    assertThat(asked).containsExactly("b q x", "b q x", "null q y");
  }

  @Test
  void letsAClientWaitThatWaitsOnAnotherNodeNoMore() {
    begin(B, "q", "x");
    yields = Answer.YES;

    assertThat(begin(C, "q", "x")).isEqualTo(Answer.YES);

    yields = Answer.NO;
    assertThat(begin(B, "q", "x")).isEqualTo(Answer.NO);
    assertThat(asked).containsExactly("b q x", "c q x");
  }

  @Test
  void forgetsAClientThatItsNodeHasEnded() {
    begin(B, "q", "x");

    clients.end(C, "q", "x", 7);
    assertThat(begin(C, "q", "x")).isEqualTo(Answer.NO);
    clients.end(B, "q", "x", 7);
    assertThat(begin(C, "q", "x")).isEqualTo(Answer.YES);
  }

  @Test
  void keepsAClientWhoseNodeCannotBeAsked() {
    begin(B, "q", "x");
    yields = Answer.UNKNOWN;

    assertThat(begin(C, "q", "x")).isEqualTo(Answer.UNKNOWN);

    yields = Answer.NO;
    assertThat(begin(C, "q", "x")).isEqualTo(Answer.NO);
  }

  /// The client has hung up, and its next call was sooner here than the end of the first.
  @Test
  void isNotMisledByTheEndOfAnEarlierCall() {
    begin(B, "q", "x", 1);
    begin(B, "q", "x", 2);

    clients.end(B, "q", "x", 1);

    assertThat(begin(C, "q", "x")).isEqualTo(Answer.NO);
  }

  /// Its registration has come later than that of the client's next call.
  @Test
  void isNotMisledByALateEarlierCall() {
    WaitingCall first = call(1, BEGUN);
    WaitingCall second = call(2, BEGUN.plusMillis(5));
    clients.begin(B, second);
    assertThat(clients.begin(B, first)).isEqualTo(Answer.YES);

    clients.end(B, "q", "x", 1);

    assertThat(begin(C, "q", "x")).isEqualTo(Answer.NO);
  }

  private static WaitingCall call(long token, Instant begun) {
    return new WaitingCall("q", "x", token, Micros.of(begun), Micros.of(UNTIL));
  }

  @Test
  void goesOnForgettingWhenThereAreMany() {
    for (int i = 0; i < 100_000; i++) {
      begin(B, "q", "client " + i);
    }
    assertThat(begin(C, "q", "client 99999")).as("no place left to compare").isEqualTo(Answer.YES);

    now = UNTIL.plusSeconds(1);
    WaitingCall late = new WaitingCall("q", "x", 1, Micros.of(now), Micros.of(now.plusSeconds(9)));
    clients.begin(B, late);
    assertThat(clients.begin(C, late)).isEqualTo(Answer.NO);
  }

  @Test
  void forgetsAClientWhoseTimeHasPassed() {
    begin(B, "q", "x");
    now = UNTIL.plusMillis(1);

    assertThat(begin(C, "q", "x")).isEqualTo(Answer.YES);
    assertThat(asked).isEmpty();
  }
}
