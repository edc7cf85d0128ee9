package io.querator.node.config;

import static java.util.Objects.requireNonNull;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.RecordComponent;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// A component of a settings record, as users name it.
sealed interface Setting {
  /// The component that holds it.
  RecordComponent component();

  /// The last part of its key, such as `commit-timeout`.
  default String name() {
    return kebab(component().getName());
  }

  /// Its value in a record.
  default @Nullable Object in(Record record) {
    try {
      return component().getAccessor().invoke(record);
    } catch (IllegalAccessException | InvocationTargetException e) {
      throw new IllegalStateException("cannot read " + component(), e);
    }
  }

  /// One text.
  record Value(RecordComponent component, ValueKind kind) implements Setting {
    public Value {
      requireNonNull(component, "component");
      requireNonNull(kind, "kind");
    }
  }

  /// A record of further settings.
  record Group(RecordComponent component, Members members) implements Setting {
    public Group {
      requireNonNull(component, "component");
      requireNonNull(members, "members");
    }
  }

  /// A list of records of the same type.
  record Many(RecordComponent component, Members element) implements Setting {
    public Many {
      requireNonNull(component, "component");
      requireNonNull(element, "element");
    }
  }

  /// The settings of a record type, in its order.
  record Members(Class<? extends Record> type, List<Setting> settings) {
    public Members {
      requireNonNull(type, "type");
      settings = List.copyOf(settings);
    }

    @Nullable Setting named(String name) {
      for (Setting setting : settings) {
        if (setting.name().equals(name)) {
          return setting;
        }
      }
      return null;
    }
  }

  /// `commitTimeout` as `commit-timeout`.
  static String kebab(String camel) {
    StringBuilder kebab = new StringBuilder(camel.length() + 4);
    for (char c : camel.toCharArray()) {
      if (Character.isUpperCase(c)) {
        kebab.append('-');
      }
      kebab.append(Character.toLowerCase(c));
    }
    return kebab.toString();
  }
}
