package io.querator.storage.mongo;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import io.querator.storage.StorageException;
import java.time.Duration;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Isolated;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.slf4j.LoggerFactory;

/// Races of owners over a bad network: no turn is lost, doubled or seen in part, and no late
/// message has an effect. `-Dquerator.race.rounds=10000` for many, `-Dseed=…` for a certain one.
@Isolated("an answer that is late for want of a processor is not the one that the seed chose")
final class MongoRaceIT {
  private static final int ROUNDS = Integer.getInteger("querator.race.rounds", 100);

  /// How many rounds may pass until a planted bug is noticed.
  private static final int PATIENCE = 3_000;

  private final Logger log = (Logger) LoggerFactory.getLogger(getClass().getPackageName());
  private Race race;

  /// Thousands of faults are told otherwise.
  @BeforeEach
  void connect() {
    log.setLevel(Level.ERROR);
    race = new Race(TestMongo.settings(TestMongo.url(), Duration.ofSeconds(1)));
  }

  @AfterEach
  void disconnect() {
    log.setLevel(null);
    race.close();
  }

  private static long firstSeed() {
    return Long.getLong("seed", new Random().nextInt(1_000_000_000));
  }

  @Test
  void nothingIsLostDoubledOrTooLate() {
    long first = firstSeed();
    System.out.printf("race: %d rounds from seed %d%n", ROUNDS, first);
    for (long seed = first; seed < first + ROUNDS; seed++) {
      Race.Round round = race.run(seed, PlantedBug.NONE);
      if (round.violation() != null) {
        throw new AssertionError(
            "repeat with -Dquerator.race.rounds=1 -Dseed=%d%n%s"
                .formatted(seed, String.join("\n", round.story())),
            round.violation());
      }
    }
    FaultyLink.Tally tally = race.tally();
    System.out.printf(
        "race: %d openings and turns, %d requests, %d lost, %d late, %d very late, %d repeated, %d partial,"
            + " %d never sent, %d crashes, %d walls, 0 violations%n",
        race.events(),
        tally.requests,
        tally.lost,
        tally.late,
        tally.veryLate,
        tally.repeated,
        tally.partial,
        tally.neverSent,
        tally.crashes,
        tally.walls);
    assertThat(tally.faults()).isPositive();
  }

  @Test
  void isTheSameAgainForTheSameSeed() {
    long seed = firstSeed();

    Race.Round first = race.run(seed, PlantedBug.NONE);
    Race.Round second = race.run(seed, PlantedBug.NONE);

    assertThat(second.story()).as("seed %d", seed).isEqualTo(first.story()).isNotEmpty();
  }

  @ParameterizedTest
  @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "NONE")
  void noticesAPlantedBug(PlantedBug bug) {
    long first = Long.getLong("seed", bug.firstSeed());
    for (long seed = first; seed < first + PATIENCE; seed++) {
      Race.Round round = race.run(seed, bug);
      if (round.violation() != null) {
        // Or a partition that cannot be opened.
        assertThat(round.violation())
            .isInstanceOfAny(Ledger.Violation.class, StorageException.Corrupt.class);
        System.out.printf(
            "race: %s noticed in round %d (seed %d): %s%n",
            bug, seed - first + 1, seed, firstLine(round.violation()));
        return;
      }
    }
    throw new AssertionError(
        "%s was not noticed in %d rounds from seed %d".formatted(bug, PATIENCE, first));
  }

  private static String firstLine(Throwable violation) {
    return String.valueOf(violation.getMessage()).lines().findFirst().orElse("");
  }
}
