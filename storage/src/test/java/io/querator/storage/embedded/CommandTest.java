package io.querator.storage.embedded;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.querator.storage.StorageException;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

final class CommandTest {
  private static final Duration LONG = Duration.ofSeconds(60);

  @Test
  void tellsStatusAndBothOutputs() {
    var outcome = shell("echo out; echo err >&2; exit 3").run(LONG);

    assertThat(outcome.succeeded()).isFalse();
    assertThat(outcome.status()).isEqualTo(3);
    assertThat(outcome.output()).isEqualTo("out\nerr");
  }

  @Test
  void keepsTheEndOfALongOutput() {
    var outcome = shell("head -c 1000000 /dev/zero | tr '\\0' x; echo; echo end").run(LONG);

    assertThat(outcome.output()).hasSizeLessThanOrEqualTo(Command.OUTPUT_BYTES).endsWith("x\nend");
  }

  @Test
  void endsWhatTakesTooLong() {
    assertThatThrownBy(() -> shell("echo begun; exec sleep 600").run(Duration.ofMillis(500)))
        .isInstanceOf(StorageException.Unavailable.class)
        .hasMessageContaining("sh did not end within 0.5 s");
  }

  @Test
  void tellsThatAProgramIsAbsent() {
    assertThatThrownBy(() -> new Command(List.of("/no/such/program")).run(LONG))
        .isInstanceOf(StorageException.Unavailable.class)
        .hasMessageContaining("cannot run /no/such/program");
  }

  @Test
  void startsInTheRootWithoutPostgresVariables() {
    assertThat(shell("pwd; env | grep -c '^PG'").run(LONG).output()).isEqualTo("/\n0");
  }

  private static Command shell(String script) {
    return new Command(List.of("sh", "-c", script));
  }
}
