package io.querator.node.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;

/// The documented defaults are those of the code, both ways.
class ExampleFileTest {
  private static final Path FILE = Path.of("..", "querator.example.yaml");

  @Test
  void namesEveryKeyAndNoOther() throws IOException {
    Object document =
        new Load(LoadSettings.builder().build()).loadFromString(Files.readString(FILE));
    List<String> documented = new ArrayList<>();
    collect(document, "", documented);

    assertThat(new TreeSet<>(documented))
        .isEqualTo(
            Schema.NODE.patterns().stream()
                .map(pattern -> pattern.replace(Schema.ANY, "0"))
                .collect(Collectors.toCollection(TreeSet::new)));
  }

  @Test
  void givesTheDefaultOfEveryKey() {
    CommandLine commandLine = CommandLine.parse(List.of("--config", FILE.toString()));

    NodeSettings documented = SettingsReader.read(commandLine, Map.of()).settings();

    assertThat(documented).isEqualTo(NodeSettings.DEFAULT);
  }

  @Test
  void describesEveryKeyInTheLinesAboveIt() throws IOException {
    List<String> lines = Files.readAllLines(FILE);

    for (int i = 1; i < lines.size(); i++) {
      boolean key = lines.get(i).strip().matches("(- )?[a-z-]+:.*");
      assertThat(!key || isDescribed(lines, i)).as("comment above line %d", i + 1).isTrue();
    }
  }

  /// A comment may speak of several keys that follow each other.
  private static boolean isDescribed(List<String> lines, int index) {
    int above = index - 1;
    while (lines.get(above).strip().matches("(- )?[a-z-]+:.+|user:|password:")) {
      above--;
    }
    return lines.get(above).strip().startsWith("#");
  }

  private static void collect(Object node, String prefix, List<String> keys) {
    switch (node) {
      case Map<?, ?> map ->
          map.forEach((key, value) -> {
            if (value == null) {
              keys.add(prefix + key);
            } else {
              collect(value, prefix + key + ".", keys);
            }
          });
      case List<?> list -> {
        for (int i = 0; i < list.size(); i++) {
          collect(list.get(i), prefix + i + ".", keys);
        }
      }
      default -> keys.add(prefix.substring(0, prefix.length() - 1));
    }
  }
}
