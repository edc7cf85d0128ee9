package io.querator.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// The patches of `chaos-tests/sabotage.sh` still fit the product; that runs with them break a rule
/// is shown by the script, which takes too long for a test.
class SabotageTest {
  private static final Path ROOT = Path.of("..");

  static List<Path> patches() throws IOException {
    try (Stream<Path> files = Files.list(Path.of("sabotage"))) {
      return files.sorted().toList();
    }
  }

  @ParameterizedTest
  @MethodSource("patches")
  void fits(Path patch) throws IOException {
    String source = "";
    List<String> before = new ArrayList<>();
    for (String line : Files.readAllLines(patch)) {
      if (line.startsWith("--- a/")) {
        source = Files.readString(ROOT.resolve(line.substring("--- a/".length())));
      } else if (line.startsWith("@@")) {
        assertThat(source).contains(String.join("\n", before));
        before.clear();
      } else if (line.startsWith("-") || line.startsWith(" ")) {
        before.add(line.substring(1));
      }
    }
    assertThat(before).isNotEmpty();
    assertThat(source).contains(String.join("\n", before));
  }

  @ParameterizedTest
  @MethodSource("patches")
  void isKnownToTheScript(Path patch) throws IOException {
    String name = patch.getFileName().toString().replace(".patch", "");

    assertThat(Files.readString(Path.of("sabotage.sh"))).contains(name + ") echo");
  }
}
