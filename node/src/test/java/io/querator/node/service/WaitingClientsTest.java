package io.querator.node.service;

import static org.assertj.core.api.Assertions.assertThat;

import io.querator.cluster.NodeId;
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
  private boolean yield;

  private final WaitingClients clients =
      new WaitingClients(
          () -> now,
          (node, queue, client, begun) -> {
            assertThat(begun).isEqualTo(Micros.of(BEGUN));
            asked.add(node + " " + queue + " " + client);
            return yield;
          });

  private boolean begin(@Nullable NodeId node, String queue, String client) {
    return clients.begin(node, queue, client, Micros.of(BEGUN), Micros.of(UNTIL));
  }

  @Test
  void asksNobodyWhereAClientWaitsOnOneNode() {
    assertThat(begin(B, "q", "x")).isTrue();
    assertThat(begin(B, "q", "x")).isTrue();
    assertThat(begin(C, "other", "x")).isTrue();
    assertThat(begin(C, "q", "y")).isTrue();
    assertThat(begin(null, "q", "z")).isTrue();
    assertThat(begin(null, "q", "z")).isTrue();

    assertThat(asked).isEmpty();
  }

  @Test
  void refusesAClientThatWaitsOnAnotherNode() {
    begin(B, "q", "x");
    begin(null, "q", "y");

    assertThat(begin(C, "q", "x")).isFalse();
    assertThat(begin(null, "q", "x")).isFalse();
    assertThat(begin(B, "q", "y")).isFalse();
    assertThat(asked).containsExactly("b q x", "b q x", "null q y");
  }

  @Test
  void letsAClientWaitThatWaitsOnAnotherNodeNoMore() {
    begin(B, "q", "x");
    yield = true;

    assertThat(begin(C, "q", "x")).isTrue();

    yield = false;
    assertThat(begin(B, "q", "x")).isFalse();
    assertThat(asked).containsExactly("b q x", "c q x");
  }

  @Test
  void forgetsAClientThatItsNodeHasEnded() {
    begin(B, "q", "x");

    clients.end(C, "q", "x");
    assertThat(begin(C, "q", "x")).isFalse();
    clients.end(B, "q", "x");
    assertThat(begin(C, "q", "x")).isTrue();
  }

  @Test
  void forgetsAClientWhoseTimeHasPassed() {
    begin(B, "q", "x");
    now = UNTIL.plusMillis(1);

    assertThat(begin(C, "q", "x")).isTrue();
    assertThat(asked).isEmpty();
  }
}
