package io.querator.chaos;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.querator.chaos.fault.FaultKind;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class OptionsTest {
  private static Options of(String text) {
    List<String> arguments = text.isEmpty() ? List.of() : List.of(text.split(" ", -1));
    return Options.of(arguments, Path.of("/project"), 42);
  }

  @Test
  void areAllFaultsOnThreeNodesByDefault() {
    assertThat(of(""))
        .isEqualTo(
            new Options(
                3,
                Duration.ofMinutes(5),
                42,
                FaultKind.all().stream().filter(kind -> !kind.needsNamespaces()).toList(),
                Path.of("/project/target/chaos/seed-42"),
                Path.of("/project/node/target/querator.jar"),
                false));
  }

  @Test
  void areTakenFromTheCommandLine() {
    assertThat(of("--minutes 20 --seed 7 --nodes 5 --faults kill-node,move-clock --report /r"))
        .isEqualTo(
            new Options(
                5,
                Duration.ofMinutes(20),
                7,
                List.of(FaultKind.KILL_NODE, FaultKind.MOVE_CLOCK),
                Path.of("/r"),
                Path.of("/project/node/target/querator.jar"),
                false));
    assertThat(of("--namespaces").faults()).isEqualTo(FaultKind.all());
    assertThat(of("--faults unplug-node --namespaces").namespaces()).isTrue();
    assertThat(of("--faults none").faults()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "--nodes 2",
        "--nodes 8",
        "--nodes",
        "--minutes 0",
        "--minutes 601",
        "--minutes x",
        "--faults kill-node,",
        "--faults unplug-node",
        "--what"
      })
  void refuseWhatTheyDoNotKnow(String text) {
    assertThatThrownBy(() -> of(text)).isInstanceOf(UsageException.class);
  }

  @Test
  void areAllNamedByTheHelp() {
    assertThat(Options.USAGE)
        .contains(
            "--quick",
            "--minutes",
            "--seed",
            "--nodes",
            "--faults",
            "--report",
            "--jar",
            "--namespaces")
        .contains(FaultKind.all().stream().map(FaultKind::text).toList());
  }
}
