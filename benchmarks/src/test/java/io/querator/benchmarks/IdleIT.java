package io.querator.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.querator.node.text.UsageException;
import io.querator.storage.embedded.TestPrograms;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class IdleIT {
  @TempDir private Path directory;

  @BeforeAll
  static void providePrograms() {
    TestPrograms.provide();
  }

  @Test
  void measuresANodeAtRestAndLeavesNothing() throws Exception {
    IdleOptions options =
        IdleOptions.parse(
            List.of(
                "--queues=3",
                "--partitions",
                "2",
                "--depth=1001",
                "--settle=0",
                "--seconds=1",
                "--directory=" + directory,
                "--jar=" + ComparisonIT.JAR));

    List<String> lines = Idle.of(options, _ -> {});

    assertThat(lines)
        .contains("queues: 3 with 2 partitions each, 1,001 items waiting in the first")
        .anySatisfy(line -> assertThat(line).matches("ready after: [0-9.]+ s"))
        .anySatisfy(line -> assertThat(line).matches("heap of the node .*: [1-9][0-9.]+ MiB"));
    assertThat(directory).isEmptyDirectory();
  }

  @Test
  void saysWhatIsWrong() {
    assertThatThrownBy(() -> IdleOptions.parse(List.of("--queues=0")))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("--queues must be a number from 1 to 100000");
    assertThatThrownBy(() -> IdleOptions.parse(List.of("--queues")))
        .hasMessageContaining("needs a value");
  }
}
