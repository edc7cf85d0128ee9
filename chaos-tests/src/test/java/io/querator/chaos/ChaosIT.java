package io.querator.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import io.querator.chaos.report.Report;
import io.querator.storage.embedded.TestPrograms;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/// A short run as users make it; a longer one by `mvn verify -pl chaos-tests -am -Dit.test=ChaosIT
/// -Dquerator.chaos="--minutes 20 --seed 7"`.
class ChaosIT {
  @BeforeAll
  static void providePrograms() {
    TestPrograms.provide();
  }

  @Test
  void breaksNoRule() throws Exception {
    List<String> arguments =
        new ArrayList<>(
            Arrays.asList(System.getProperty("querator.chaos", "--quick").split(" +", -1)));
    Options options =
        Options.of(
            arguments,
            Path.of("..").toAbsolutePath().normalize(),
            ThreadLocalRandom.current().nextLong(1_000_000));

    Report report = ChaosRun.of(options, System.out::println);

    System.out.println(report.figures());
    assertThat(report.verdict().violations()).as("see " + report.page()).isEmpty();
    assertThat(report.figures().items()).isPositive();
    assertThat(report.verdict().bursts()).isPositive();
    assertThat(report.page().resolveSibling("nodes").resolve("n1.log"))
        .content()
        .contains("\"ready\"");
  }
}
