package io.querator.node.config;

import io.querator.node.config.Setting.Group;
import io.querator.node.config.Setting.Many;
import io.querator.node.config.Setting.Members;
import io.querator.node.config.Setting.Value;
import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// Makes settings records of texts. Goes on after a problem, so that all are told at once. Owned by
/// one call of [SettingsReader].
final class Binder {
  private final Given.Layer given;
  private final List<Problem> problems;

  Binder(Given.Layer given, List<Problem> problems) {
    this.given = given;
    this.problems = problems;
  }

  /// A record of the given values; where there is none, of those of `initial`.
  ///
  /// @param prefix of its keys: empty, or with a dot at the end
  <R extends Record> R bind(Class<R> type, Members members, String prefix, R initial) {
    Object[] arguments =
        members.settings().stream()
            .map(setting -> argument(setting, prefix + setting.name(), setting.in(initial)))
            .toArray();
    try {
      return constructor(type).newInstance(arguments);
    } catch (InvocationTargetException e) {
      report(prefix, members, e.getCause());
      return initial;
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException("cannot make a " + type, e);
    }
  }

  private @Nullable Object argument(Setting setting, String key, @Nullable Object initial) {
    return switch (setting) {
      case Value value -> value(value, key, initial);
      case Group group -> bindAny(group.members(), key + ".", (Record) present(initial));
      case Many many -> list(many, key, (List<?>) present(initial));
    };
  }

  private static Object present(@Nullable Object initial) {
    return Objects.requireNonNull(initial, "only single values may be absent");
  }

  private @Nullable Object value(Value value, String key, @Nullable Object initial) {
    Given text = given.values().get(key);
    if (text == null) {
      return initial;
    }
    try {
      return value.kind().parse().apply(text.text());
    } catch (IllegalArgumentException e) {
      problems.add(new Problem(text.origin(), key + ": " + e.getMessage()));
      return initial;
    }
  }

  /// As many elements as the file has (or, without it, the default), and those that follow them in
  /// the environment or in flags.
  private List<Record> list(Many many, String key, List<?> initial) {
    Integer inFile = given.lists().get(key);
    int size = inFile == null ? initial.size() : inFile;
    while (isGiven(key + "." + size + ".")) {
      size++;
    }
    checkGaps(key, size);
    List<Record> elements = new ArrayList<>();
    for (int i = 0; i < size; i++) {
      boolean defaulted = inFile == null && i < initial.size();
      Record base = (Record) initial.get(defaulted ? i : 0);
      elements.add(bindAny(many.element(), key + "." + i + ".", base));
    }
    return elements;
  }

  private boolean isGiven(String prefix) {
    return given.values().keySet().stream().anyMatch(key -> key.startsWith(prefix));
  }

  private void checkGaps(String key, int size) {
    given
        .values()
        .forEach((other, text) -> {
          if (other.startsWith(key + ".") && index(other, key) >= size) {
            problems.add(
                new Problem(
                    text.origin(),
                    "'%s' leaves a gap: the next of '%s' is number %d"
                        .formatted(other, key, size)));
          }
        });
  }

  private static int index(String key, String list) {
    String rest = key.substring(list.length() + 1);
    return Integer.parseInt(rest.substring(0, rest.indexOf('.')));
  }

  private <R extends Record> R bindAny(Members members, String prefix, R initial) {
    @SuppressWarnings("unchecked") // a record's own class
    Class<R> type = (Class<R>) initial.getClass();
    return bind(type, members, prefix, initial);
  }

  private void report(String prefix, Members members, @Nullable Throwable cause) {
    if (!(cause instanceof SettingException refused)) {
      throw new IllegalStateException("cannot make a " + members.type(), cause);
    }
    String key = prefix + Setting.kebab(refused.component());
    problems.add(new Problem(originOf(key), key + ": " + refused.getMessage()));
  }

  /// Where a key, or the first thing below it, was given.
  private Origin originOf(String key) {
    return given.values().entrySet().stream()
        .filter(entry -> entry.getKey().equals(key) || entry.getKey().startsWith(key + "."))
        .min(java.util.Map.Entry.comparingByKey())
        .map(entry -> entry.getValue().origin())
        .orElse(new Origin.Default());
  }

  private static <R extends Record> Constructor<R> constructor(Class<R> type)
      throws NoSuchMethodException {
    Class<?>[] types =
        Arrays.stream(type.getRecordComponents())
            .map(RecordComponent::getType)
            .toArray(Class<?>[]::new);
    return type.getDeclaredConstructor(types);
  }
}
