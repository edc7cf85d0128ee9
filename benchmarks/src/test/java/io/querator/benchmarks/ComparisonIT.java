package io.querator.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A short one, with what every machine has.
final class ComparisonIT {
  static final Path JAR = Path.of("../node/target/querator.jar").toAbsolutePath().normalize();

  @TempDir private Path directory;

  @Test
  void measuresAllSidesAndLeavesNothing() throws Exception {
    Options options =
        new Options(
            List.of(10),
            1,
            100,
            2,
            Duration.ZERO,
            Duration.ofSeconds(1),
            List.of(Kind.RAW, Kind.DB_SCHEDULER),
            null,
            directory,
            JAR,
            false);

    Result result = Comparison.of(options, _ -> {});

    assertThat(result.rounds())
        .extracting(Round::side)
        .containsExactly("Querator json", "Querator protobuf", "raw JDBC", "db-scheduler");
    assertThat(result.rounds())
        .allSatisfy(round -> {
          assertThat(round.measured().items()).isPositive();
          assertThat(round.measured().server()).isPositive();
        });
    assertThat(result.text()).contains("fsync=on").contains("db-scheduler: version 16.");
    assertThat(directory).isEmptyDirectory();
  }
}
