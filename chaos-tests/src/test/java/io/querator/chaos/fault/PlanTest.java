package io.querator.chaos.fault;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class PlanTest {
  private static final long TWENTY_MINUTES = 1_200_000;

  @Test
  void isTheSameForTheSameSeed() {
    assertThat(Plan.of(7, FaultKind.all(), TWENTY_MINUTES))
        .isEqualTo(Plan.of(7, FaultKind.all(), TWENTY_MINUTES))
        .isNotEqualTo(Plan.of(8, FaultKind.all(), TWENTY_MINUTES));
  }

  @Test
  void hasEveryKindAndEndsInTime() {
    for (long seed = 0; seed < 100; seed++) {
      List<Plan.Step> steps = Plan.of(seed, FaultKind.all(), TWENTY_MINUTES).steps();

      assertThat(steps).extracting(Plan.Step::kind).containsAll(FaultKind.all());
      assertThat(steps).isSortedAccordingTo((a, b) -> Long.compare(a.atMillis(), b.atMillis()));
      assertThat(steps).allMatch(step -> step.atMillis() + step.lastsMillis() <= TWENTY_MINUTES);
    }
  }

  @Test
  void breaksNothingWithoutKinds() {
    assertThat(Plan.of(1, List.of(), TWENTY_MINUTES).steps()).isEmpty();
  }
}
