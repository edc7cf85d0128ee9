package io.querator.node.config;

import io.querator.node.config.Setting.Group;
import io.querator.node.config.Setting.Many;
import io.querator.node.config.Setting.Members;
import io.querator.node.config.Setting.Value;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Compose;
import org.snakeyaml.engine.v2.exceptions.Mark;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;
import org.snakeyaml.engine.v2.nodes.Tag;
import org.snakeyaml.engine.v2.schema.CoreSchema;

/// Reads one file of settings. Scalars are kept as they are written: what they mean is the business
/// of their key.
final class YamlFile {
  private static final int BYTES_MAX = 1 << 20;

  private final String name;
  private final Schema schema;
  private final List<Problem> problems;
  private final Map<String, Given> values = new HashMap<>();
  private final Map<String, Integer> lists = new HashMap<>();

  private YamlFile(String name, Schema schema, List<Problem> problems) {
    this.name = name;
    this.schema = schema;
    this.problems = problems;
  }

  /// What `file` gives.
  ///
  /// @param problems gets what is wrong with single keys
  /// @throws InvalidSettingsException if it cannot be read, or is no YAML
  static Given.Layer read(Path file, Schema schema, List<Problem> problems) {
    return parse(file.toString(), text(file), schema, problems);
  }

  private static String text(Path file) {
    Origin origin = new Origin.InFile(file.toString(), 1, 1);
    try {
      if (Files.size(file) > BYTES_MAX) {
        throw new InvalidSettingsException(origin, "is larger than 1 MiB");
      }
      return Files.readString(file);
    } catch (NoSuchFileException e) {
      throw new InvalidSettingsException(origin, "there is no such file");
    } catch (AccessDeniedException e) {
      throw new InvalidSettingsException(origin, "cannot be read: permission denied");
    } catch (CharacterCodingException e) {
      throw new InvalidSettingsException(origin, "is not text in UTF-8");
    } catch (IOException e) {
      throw new InvalidSettingsException(origin, "cannot be read: " + e.getMessage());
    }
  }

  static Given.Layer parse(String name, String text, Schema schema, List<Problem> problems) {
    YamlFile file = new YamlFile(name, schema, problems);
    file.document(text).ifPresent(root -> file.readMembers(root, schema.root(), ""));
    return new Given.Layer(file.values, file.lists);
  }

  private Optional<Node> document(String text) {
    LoadSettings settings =
        LoadSettings.builder()
            .setLabel(name)
            .setUseMarks(true)
            .setSchema(new CoreSchema())
            .setCodePointLimit(BYTES_MAX)
            .build();
    try {
      return new Compose(settings).composeString(text);
    } catch (MarkedYamlEngineException e) {
      String context = e.getContext() == null ? "" : e.getContext() + " ";
      throw new InvalidSettingsException(
          origin(e.getProblemMark()), "is not valid YAML: " + context + e.getProblem());
    } catch (YamlEngineException e) {
      throw new InvalidSettingsException(
          origin(Optional.empty()), "is not valid YAML: " + e.getMessage());
    }
  }

  private void readMembers(Node node, Members members, String prefix) {
    if (isNull(node)) {
      return;
    }
    if (!(node instanceof MappingNode mapping)) {
      String where =
          prefix.isEmpty() ? "" : " below '" + prefix.substring(0, prefix.length() - 1) + "'";
      report(node, "expected keys%s, found %s".formatted(where, describe(node)));
      return;
    }
    Set<String> seen = new HashSet<>();
    for (NodeTuple tuple : mapping.getValue()) {
      String given = tuple.getKeyNode() instanceof ScalarNode scalar ? scalar.getValue() : "";
      Setting setting = members.named(given);
      if (setting == null) {
        report(tuple.getKeyNode(), unknown(given, members, prefix));
      } else if (!seen.add(given)) {
        report(tuple.getKeyNode(), "the key '" + prefix + given + "' is given twice");
      } else {
        read(tuple.getValueNode(), setting, prefix + given);
      }
    }
  }

  private void read(Node node, Setting setting, String key) {
    switch (setting) {
      case Value _ -> readValue(node, key);
      case Group group -> readMembers(node, group.members(), key + ".");
      case Many many -> readList(node, many, key);
    }
  }

  private void readValue(Node node, String key) {
    if (isNull(node)) {
      return;
    }
    if (node instanceof ScalarNode scalar) {
      values.put(key, new Given(scalar.getValue(), origin(node.getStartMark())));
    } else {
      report(node, "expected a value of '%s', found %s".formatted(key, describe(node)));
    }
  }

  private void readList(Node node, Many many, String key) {
    if (isNull(node)) {
      return;
    }
    if (!(node instanceof SequenceNode sequence)) {
      report(node, "expected a list below '%s', found %s".formatted(key, describe(node)));
      return;
    }
    lists.put(key, sequence.getValue().size());
    int index = 0;
    for (Node element : sequence.getValue()) {
      readMembers(element, many.element(), key + "." + index++ + ".");
    }
  }

  private String unknown(String given, Members members, String prefix) {
    List<String> siblings = members.settings().stream().map(Setting::name).toList();
    Optional<String> meant =
        Nearest.to(given, siblings).map(near -> prefix + near).or(() -> elsewhere(given));
    return "unknown key '"
        + prefix
        + given
        + "'"
        + meant.map(near -> "; did you mean '" + near + "'?").orElse("");
  }

  /// The key of another place that ends with what was given.
  private Optional<String> elsewhere(String given) {
    return schema.patterns().stream()
        .filter(pattern -> pattern.substring(pattern.lastIndexOf('.') + 1).equals(given))
        .findFirst()
        .map(pattern -> pattern.replace(Schema.ANY, "0"));
  }

  private static boolean isNull(Node node) {
    return node.getTag().equals(Tag.NULL);
  }

  private static String describe(Node node) {
    return switch (node) {
      case MappingNode _ -> "keys";
      case SequenceNode _ -> "a list";
      default -> "a value";
    };
  }

  private void report(Node node, String text) {
    problems.add(new Problem(origin(node.getStartMark()), text));
  }

  private Origin origin(@Nullable Optional<Mark> mark) {
    if (mark == null || mark.isEmpty()) {
      return new Origin.InFile(name, 1, 1);
    }
    return new Origin.InFile(name, mark.get().getLine() + 1, mark.get().getColumn() + 1);
  }
}
