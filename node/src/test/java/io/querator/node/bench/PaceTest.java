package io.querator.node.bench;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class PaceTest {
  @Test
  void tellsWhenCallsAreDueHoweverLateTheyAre() {
    Pace pace = new Pace(1_000, 0.5, 7_000_000);

    assertThat(pace.due(7_000_000)).isEqualTo(7_500_000);
    assertThat(pace.due(900_000_000)).isEqualTo(8_500_000);
    assertThat(pace.due(900_000_000)).isEqualTo(9_500_000);
  }

  @Test
  void hasNoRateUnlessItIsGivenOne() {
    Pace pace = new Pace(0, 0.5, 7_000_000);

    assertThat(pace.due(8_000_000)).isEqualTo(8_000_000);
    assertThat(pace.due(9_000_000)).isEqualTo(9_000_000);
  }
}
