package io.querator.node.config;

import io.querator.node.config.Setting.Group;
import io.querator.node.config.Setting.Many;
import io.querator.node.config.Setting.Members;
import io.querator.node.config.Setting.Value;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// The keys that a settings record stands for.
///
/// A component `commitTimeout` of the elements of a list `storages` is the key
/// `storages.0.commit-timeout`, the environment variable `QUERATOR_STORAGES_0_COMMIT_TIMEOUT` and
/// the flag `--storages-0-commit-timeout`: all are derived, none is written down.
final class Schema {
  /// The schema of the whole node.
  static final Schema NODE = new Schema(members(NodeSettings.class));

  /// Stands for the number of an element.
  static final String ANY = "*";

  private static final Pattern NUMBER = Pattern.compile("0|[1-9][0-9]{0,3}");

  private final Members root;
  private final List<String> patterns;

  private Schema(Members root) {
    this.root = root;
    List<String> found = new ArrayList<>();
    collect(root, "", found);
    this.patterns = List.copyOf(found);
  }

  Members root() {
    return root;
  }

  /// The keys of all values, those of lists with [#ANY] in the place of numbers.
  List<String> patterns() {
    return patterns;
  }

  /// The key that a name stands for.
  ///
  /// @param naming makes the name of a key
  Optional<String> key(String name, UnaryOperator<String> naming) {
    for (String pattern : patterns) {
      String number = numberIn(name, naming.apply(pattern));
      if (number != null) {
        return Optional.of(pattern.replace(ANY, number));
      }
    }
    return Optional.empty();
  }

  /// What stands in the place of [#ANY], empty if there is no such place; null if `name` is another
  /// name.
  private static @Nullable String numberIn(String name, String named) {
    int star = named.indexOf(ANY);
    if (star < 0) {
      return named.equals(name) ? "" : null;
    }
    String after = named.substring(star + 1);
    int end = name.length() - after.length();
    if (end <= star || !name.startsWith(named.substring(0, star)) || !name.endsWith(after)) {
      return null;
    }
    String number = name.substring(star, end);
    return NUMBER.matcher(number).matches() ? number : null;
  }

  /// The end of a message about a name that stands for no key: the nearest name that does.
  ///
  /// @param naming makes the name of a key
  /// @param others names that mean something, too
  /// @param prefix of all names, which says nothing about how near they are
  String suggest(
      String name, UnaryOperator<String> naming, Collection<String> others, String prefix) {
    List<String> names = new ArrayList<>(others);
    patterns.forEach(pattern -> names.add(naming.apply(pattern).replace(ANY, "0")));
    List<String> rests = names.stream().map(known -> known.substring(prefix.length())).toList();
    return Nearest.to(name.substring(prefix.length()), rests)
        .map(near -> "; did you mean " + prefix + near + "?")
        .orElse("");
  }

  private static void collect(Members members, String prefix, List<String> found) {
    for (Setting setting : members.settings()) {
      String key = prefix + setting.name();
      switch (setting) {
        case Value _ -> found.add(key);
        case Group group -> collect(group.members(), key + ".", found);
        case Many many -> collect(many.element(), key + "." + ANY + ".", found);
      }
    }
  }

  private static Members members(Class<? extends Record> type) {
    return new Members(
        type, Arrays.stream(type.getRecordComponents()).map(Schema::setting).toList());
  }

  private static Setting setting(RecordComponent component) {
    Optional<ValueKind> kind = ValueKind.of(component.getType());
    if (kind.isPresent()) {
      return new Value(component, kind.get());
    }
    if (component.getGenericType() instanceof ParameterizedType list
        && component.getType() == List.class) {
      return new Many(component, members(record(list.getActualTypeArguments()[0])));
    }
    return new Group(component, members(record(component.getType())));
  }

  private static Class<? extends Record> record(Type type) {
    if (type instanceof Class<?> known && known.isRecord()) {
      return known.asSubclass(Record.class);
    }
    throw new IllegalStateException("settings cannot have a component of type " + type);
  }
}
