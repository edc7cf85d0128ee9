package io.querator.node.config;

import io.querator.node.config.Setting.Group;
import io.querator.node.config.Setting.Many;
import io.querator.node.config.Setting.Members;
import io.querator.node.config.Setting.Value;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// Shows settings to people, without secrets.
public final class Rendering {
  private Rendering() {}

  /// Every key and its value, in the order of the records; absent values are left out.
  public static Map<String, String> entries(NodeSettings settings) {
    Map<String, String> entries = new LinkedHashMap<>();
    collect(Schema.NODE.root(), settings, "", entries);
    return entries;
  }

  /// A file of settings that says the same.
  public static String yaml(NodeSettings settings) {
    StringBuilder yaml = new StringBuilder();
    write(Schema.NODE.root(), settings, "", yaml);
    return yaml.toString();
  }

  private static void collect(
      Members members, Record record, String prefix, Map<String, String> entries) {
    for (Setting setting : members.settings()) {
      Object value = setting.in(record);
      String key = prefix + setting.name();
      switch (setting) {
        case Value kind when value != null -> entries.put(key, kind.kind().format().apply(value));
        case Value _ -> {}
        case Group group ->
            collect(group.members(), (Record) Objects.requireNonNull(value), key + ".", entries);
        case Many many -> {
          int index = 0;
          for (Object element : (List<?>) Objects.requireNonNull(value)) {
            collect(many.element(), (Record) element, key + "." + index++ + ".", entries);
          }
        }
      }
    }
  }

  private static void write(Members members, Record record, String indent, StringBuilder yaml) {
    for (Setting setting : members.settings()) {
      Object value = setting.in(record);
      yaml.append(indent).append(setting.name()).append(':');
      switch (setting) {
        case Value kind -> yaml.append(scalar(kind, value)).append('\n');
        case Group group -> {
          yaml.append('\n');
          write(group.members(), (Record) Objects.requireNonNull(value), indent + "  ", yaml);
        }
        case Many many -> {
          yaml.append('\n');
          for (Object element : (List<?>) Objects.requireNonNull(value)) {
            int start = yaml.length();
            write(many.element(), (Record) element, indent + "    ", yaml);
            yaml.replace(start, start + indent.length() + 4, indent + "  - ");
          }
        }
      }
    }
  }

  private static String scalar(Value kind, @Nullable Object value) {
    if (value == null) {
      return "";
    }
    String text = kind.kind().format().apply(value);
    boolean plain = text.matches("[A-Za-z0-9./][A-Za-z0-9./_@=?&:*-]*") && !text.endsWith(":");
    return " " + (plain ? text : "'" + text.replace("'", "''") + "'");
  }
}
