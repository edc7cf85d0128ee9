package io.querator.node.config;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Puts the sources of settings together: defaults, overridden by the file, overridden by the
/// environment, overridden by flags.
public final class SettingsReader {
  /// Read where no other is named, if it is there.
  private static final Path FILE = Path.of("querator.yaml");

  private SettingsReader() {}

  /// The settings, and the file that they were read from, if any.
  public record Read(NodeSettings settings, @Nullable Path file) {}

  /// Reads settings. The file is that of `--config`, else that of `QUERATOR_CONFIG`, else
  /// `querator.yaml` in the working directory if there is one.
  ///
  /// @throws InvalidSettingsException with everything that is wrong
  public static Read read(CommandLine commandLine, Map<String, String> environment) {
    List<Problem> problems = new ArrayList<>();
    Path file = file(commandLine, environment);
    Given.Layer inFile =
        file == null ? Given.Layer.EMPTY : YamlFile.read(file, Schema.NODE, problems);
    Given.Layer variables = Variables.read(environment, Schema.NODE, problems);
    Map<String, Given> values = new HashMap<>(inFile.values());
    values.putAll(variables.values());
    values.putAll(commandLine.values().values());
    NodeSettings settings =
        new Binder(new Given.Layer(values, inFile.lists()), problems)
            .bind(NodeSettings.class, Schema.NODE.root(), "", NodeSettings.DEFAULT);
    if (!problems.isEmpty()) {
      throw new InvalidSettingsException(problems);
    }
    return new Read(settings, file);
  }

  private static @Nullable Path file(CommandLine commandLine, Map<String, String> environment) {
    if (commandLine.file() != null) {
      return commandLine.file();
    }
    String named = environment.getOrDefault(Variables.CONFIG, "");
    if (!named.isEmpty()) {
      return Path.of(named);
    }
    return Files.exists(FILE) ? FILE : null;
  }
}
