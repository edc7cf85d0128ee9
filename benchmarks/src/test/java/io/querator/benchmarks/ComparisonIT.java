package io.querator.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import io.querator.storage.embedded.TestPrograms;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Short ones, with what every machine has.
final class ComparisonIT {
  static final Path JAR = Path.of("../node/target/querator.jar").toAbsolutePath().normalize();

  @TempDir private Path directory;

  @BeforeAll
  static void providePrograms() {
    TestPrograms.provide();
  }

  private Options options(Storage storage, Kind... kinds) {
    return new Options(
        List.of(10),
        1,
        100,
        2,
        Duration.ZERO,
        Duration.ofSeconds(1),
        storage,
        List.of(kinds),
        null,
        directory,
        JAR,
        false);
  }

  @Test
  void measuresAllSidesAndLeavesNothing() throws Exception {
    Result result = Comparison.of(options(Storage.POSTGRES, Kind.RAW, Kind.DB_SCHEDULER), _ -> {});

    assertThat(result.rounds())
        .extracting(Round::side)
        .containsExactly("Querator json", "Querator protobuf", "raw JDBC", "db-scheduler");
    assertMeasured(result);
    assertThat(result.text()).contains("fsync=on").contains("db-scheduler: version 16.");
    assertThat(directory).isEmptyDirectory();
  }

  @Test
  void measuresMariadbAgainstItsOwnLimit() throws Exception {
    Assumptions.assumeTrue(
        System.getProperty("os.arch").equals("amd64"), "there is no MariaDB for tests here");

    Result result = Comparison.of(options(Storage.MARIADB, Kind.RAW, Kind.DB_SCHEDULER), _ -> {});

    assertThat(result.rounds())
        .extracting(Round::side)
        .containsExactly("Querator json", "Querator protobuf", "raw JDBC");
    assertMeasured(result);
    assertThat(result.text())
        .contains("innodb_flush_log_at_trx_commit=1")
        .contains("db-scheduler: left out, it is compared on PostgreSQL alone");
    assertThat(directory).isEmptyDirectory();
  }

  private static void assertMeasured(Result result) {
    assertThat(result.rounds())
        .allSatisfy(round -> {
          assertThat(round.measured().items()).isPositive();
          assertThat(round.measured().store()).isPositive();
        });
  }
}
