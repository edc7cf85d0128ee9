package io.querator.queue;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

/// Random histories of commands, faults, restarts and time against the plain model.
///
/// `-Dseed=N` runs one of them again.
final class ModelTest {
  private static final int HISTORIES = 1_000;
  private static final int STEPS = 250;

  private static final Logger log = (Logger) LoggerFactory.getLogger("io.querator.queue");

  /// Thousands of faults are made on purpose.
  @BeforeAll
  static void quiet() {
    log.setLevel(Level.OFF);
  }

  @AfterAll
  static void loud() {
    log.setLevel(null);
  }

  @Test
  void holdsTheInvariantsInRandomHistories() {
    String given = System.getProperty("seed");
    long first = System.nanoTime();
    LongStream seeds =
        given == null
            ? LongStream.range(first, first + HISTORIES)
            : LongStream.of(Long.parseLong(given));
    seeds.parallel().forEach(ModelTest::run);
  }

  private static void run(long seed) {
    try {
      new History(seed).run(STEPS);
    } catch (RuntimeException | AssertionError e) {
      throw new AssertionError("history failed, run again with -Dseed=" + seed, e);
    }
  }
}
