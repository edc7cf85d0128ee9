package io.querator.cluster;

import java.util.SplittableRandom;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/// Random histories of a whole cluster. `-Dseed=N` repeats one, `-Dquerator.simulations=100000`
/// makes so many.
class OwnershipSimulationTest {
  private static final int HISTORIES = 10_000;
  private static final int STEPS_MIN = 50;
  private static final int STEPS_MAX = 150;

  @Test
  void keepsItsPromisesWhateverHappens() {
    Long given = Long.getLong("seed");
    int histories = given == null ? Integer.getInteger("querator.simulations", HISTORIES) : 1;
    long first = given == null ? new SplittableRandom().nextLong() : given;
    LongStream.range(first, first + histories)
        .parallel()
        .forEach(OwnershipSimulationTest::simulate);
  }

  private static void simulate(long seed) {
    try {
      run(seed);
    } catch (AssertionError | RuntimeException e) {
      throw new AssertionError("seed " + seed + " (repeat with -Dseed=" + seed + ")", e);
    }
  }

  private static void run(long seed) {
    OwnershipSimulation simulation = new OwnershipSimulation(seed);
    int steps = STEPS_MIN + new SplittableRandom(seed).nextInt(STEPS_MAX - STEPS_MIN);
    for (int i = 0; i < steps; i++) {
      simulation.step();
    }
    simulation.settle();
  }
}
