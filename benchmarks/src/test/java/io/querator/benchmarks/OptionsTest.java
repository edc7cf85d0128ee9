package io.querator.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.querator.node.text.UsageException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class OptionsTest {
  @Test
  void comparesWithAllOfThem() {
    Options options = Options.parse(List.of());

    assertThat(options.storage()).isEqualTo(Storage.POSTGRES);
    assertThat(options.kinds()).containsExactly(Kind.values());
    assertThat(options.batches()).containsExactly(1, 10, 100);
    assertThat(options.rounds()).isEqualTo(5);
    assertThat(options.install()).isFalse();
  }

  @Test
  void takesWhatIsGiven() {
    Options options =
        Options.parse(
            List.of(
                "--storage=mariadb",
                "--sides=raw,skip-locked",
                "--batch",
                "1,1000",
                "--rounds=2",
                "--payload=1024",
                "--connections=4",
                "--warm-up=0",
                "--seconds=1",
                "--install",
                "--jar=node.jar",
                "--json=out.json"));

    assertThat(options.kinds()).containsExactly(Kind.RAW, Kind.SKIP_LOCKED);
    assertThat(options.storage()).isEqualTo(Storage.MARIADB);
    assertThat(options.batches()).containsExactly(1, 1_000);
    assertThat(options.payloadBytes()).isEqualTo(1_024);
    assertThat(options.warmUp()).isZero();
    assertThat(options.measured()).isEqualTo(Duration.ofSeconds(1));
    assertThat(options.install()).isTrue();
    assertThat(options.jar()).isEqualTo(Path.of("node.jar"));
    assertThat(options.json()).isEqualTo(Path.of("out.json"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "--rounds=0",
        "--rounds=x",
        "--batch=1001",
        "--sides=kafka",
        "--storage=mongodb-emulator",
        "--fast=1",
        "--json"
      })
  void refusesWhatItDoesNotKnow(String argument) {
    assertThatThrownBy(() -> Options.parse(List.of(argument)))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining(argument.split("=", -1)[0]);
  }
}
