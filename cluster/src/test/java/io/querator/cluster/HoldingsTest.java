package io.querator.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.querator.cluster.Holdings.Decision;
import io.querator.cluster.Holdings.Step;
import io.querator.cluster.Ownership.State;
import io.querator.cluster.Renewal.Fate;
import io.querator.cluster.Renewal.Report;
import io.querator.storage.PartitionKey;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/// Random histories are those of [OwnershipSimulationTest].
class HoldingsTest {
  private static final NodeId SELF = new NodeId("self");
  private static final NodeId OTHER = new NodeId("other");
  private static final PartitionKey KEY = new PartitionKey(1);
  private static final Decision FIRST = new Decision(1, 1);
  private static final Decision SECOND = new Decision(1, 2);

  private final UUID incarnation = UUID.randomUUID();
  private final Holdings holdings = new Holdings(SELF, incarnation);
  private long index;

  private OwnershipView view(State state, NodeId owner, Decision by, @Nullable NodeId next) {
    Ownership partition =
        new Ownership(KEY, 1, state, owner, incarnation, by.version(), 0, next, 0);
    index++;
    return new OwnershipView(
        by.generation(),
        index,
        index,
        0,
        null,
        List.of(),
        List.of(),
        List.of(partition),
        0,
        List.of());
  }

  private List<Step> hear(State state, Decision by) {
    return holdings.follow(view(state, SELF, by, state == State.RELEASING ? OTHER : null));
  }

  @Test
  void opensWhatIsItsOwn() {
    assertThat(hear(State.ASSIGNED, FIRST)).containsExactly(new Step.Open(KEY, FIRST, 0));
    assertThat(holdings.opened(KEY, FIRST, 7)).isEmpty();
    assertThat(holdings.reports()).containsExactly(new Report(KEY, 1, 7, Fate.OPENED));

    assertThat(hear(State.SERVING, FIRST)).isEmpty();
    assertThat(holdings.reports()).isEmpty();
  }

  @Test
  void opensWhatIsGivenAnewOnceItHasLetGo() {
    hear(State.ASSIGNED, FIRST);
    holdings.opened(KEY, FIRST, 7);

    assertThat(hear(State.ASSIGNED, SECOND)).containsExactly(new Step.Close(KEY));
    assertThat(holdings.closed(KEY)).containsExactly(new Step.Open(KEY, SECOND, 0));
  }

  @Test
  void opensWhatIsGivenAnewOnceItCouldNotBeOpened() {
    hear(State.ASSIGNED, FIRST);

    assertThat(hear(State.ASSIGNED, SECOND)).isEmpty();
    assertThat(holdings.lost(KEY, FIRST, 0)).containsExactly(new Step.Open(KEY, SECOND, 0));
  }

  @Test
  void opensNothingTwiceByOneDecision() {
    hear(State.ASSIGNED, FIRST);

    assertThat(holdings.lost(KEY, FIRST, 0)).isEmpty();
    assertThat(hear(State.ASSIGNED, FIRST)).isEmpty();
    assertThat(holdings.reports()).containsExactly(new Report(KEY, 1, 0, Fate.RELEASED));
  }

  @Test
  void closesWhatWasAnothersByTheTimeItWasOpen() {
    hear(State.ASSIGNED, FIRST);
    holdings.follow(view(State.ASSIGNED, OTHER, SECOND, null));

    assertThat(holdings.opened(KEY, FIRST, 7)).containsExactly(new Step.Close(KEY));
    assertThat(holdings.closed(KEY)).isEmpty();
    assertThat(holdings.reports()).isEmpty();
  }

  @Test
  void tellsTheEpochOfWhatItLetsGo() {
    hear(State.ASSIGNED, FIRST);
    assertThat(hear(State.RELEASING, FIRST)).isEmpty();

    assertThat(holdings.opened(KEY, FIRST, 7)).containsExactly(new Step.Close(KEY));
    assertThat(holdings.closed(KEY)).isEmpty();

    assertThat(holdings.reports()).containsExactly(new Report(KEY, 1, 7, Fate.RELEASED));
  }

  @Test
  void tellsTheHighestEpochItHasHeardOf() {
    hear(State.ASSIGNED, FIRST);
    holdings.opened(KEY, FIRST, 7);
    hear(State.RELEASING, FIRST);

    assertThat(holdings.lost(KEY, FIRST, 9)).isEmpty();
    assertThat(holdings.closed(KEY)).isEmpty();

    assertThat(holdings.reports()).containsExactly(new Report(KEY, 1, 9, Fate.RELEASED));
  }

  @Test
  void tellsTheEpochOfWhatItHasLost() {
    hear(State.ASSIGNED, FIRST);
    holdings.opened(KEY, FIRST, 7);

    assertThat(holdings.lost(KEY, FIRST, 0)).isEmpty();

    assertThat(holdings.reports()).containsExactly(new Report(KEY, 1, 7, Fate.RELEASED));
  }
}
