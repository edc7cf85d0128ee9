package io.querator.chaos;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.querator.chaos.cluster.Storage;
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
                Storage.Own.POSTGRES,
                null,
                3,
                Duration.ofMinutes(5),
                42,
                FaultKind.all().stream()
                    .filter(kind -> !kind.needsNamespaces() && kind != FaultKind.MOVE_PARTITIONS)
                    .toList(),
                Path.of("/project/target/chaos/seed-42"),
                Path.of("/project/node/target/querator.jar"),
                false));
  }

  @Test
  void areTakenFromTheCommandLine() {
    assertThat(of("--minutes 20 --seed 7 --nodes 5 --faults kill-node,move-clock --report /r"))
        .isEqualTo(
            new Options(
                Storage.Own.POSTGRES,
                null,
                5,
                Duration.ofMinutes(20),
                7,
                List.of(FaultKind.KILL_NODE, FaultKind.MOVE_CLOCK),
                Path.of("/r"),
                Path.of("/project/node/target/querator.jar"),
                false));
    assertThat(of("--namespaces --second mysql").faults()).isEqualTo(FaultKind.all());
    assertThat(of("--second mysql").second()).isEqualTo(Storage.Own.MYSQL);
    assertThat(of("--faults unplug-node --namespaces").namespaces()).isTrue();
    assertThat(of("--faults none").faults()).isEmpty();
  }

  @Test
  void leaveOutWhatADatabaseCannotStand() {
    assertThat(of("--storage mysql --quick").faults())
        .isEqualTo(of("--quick").faults())
        .contains(FaultKind.KILL_DATABASE);
    assertThat(of("--quick --storage mongodb-emulator").faults())
        .contains(FaultKind.LOSE_COMMITS)
        .doesNotContain(FaultKind.KILL_DATABASE);
    assertThat(of("--storage mysql://u:secret@db/").faults())
        .contains(FaultKind.CUT_DATABASE)
        .doesNotContain(FaultKind.KILL_DATABASE, FaultKind.STOP_DATABASE);
    assertThat(of("--storage mongodb://a,b,c/?replicaSet=rs").faults())
        .contains(FaultKind.KILL_NODE, FaultKind.SLOW_LINKS)
        .doesNotContain(FaultKind.CUT_DATABASE, FaultKind.LOSE_COMMITS, FaultKind.KILL_DATABASE);
    assertThat(of("--storage mysql://u:secret@db/").storage().text()).isEqualTo("mysql://db/");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "--storage oracle",
        "--storage",
        "--storage http://localhost/",
        "--storage mongodb-emulator --faults stop-database",
        "--storage mongodb+srv://db.example.com --faults cut-database",
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
            "--storage",
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
