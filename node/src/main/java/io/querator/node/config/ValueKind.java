package io.querator.node.config;

import static java.util.Objects.requireNonNull;

import io.querator.client.GoDuration;
import java.lang.reflect.Type;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;

/// How the values of a type are read and written.
///
/// @param parse throws [IllegalArgumentException] with what is expected and what was found
/// @param format the text that `parse` reads; secrets are hidden
record ValueKind(Function<String, Object> parse, Function<Object, String> format) {
  private static final Map<Type, ValueKind> KINDS =
      Map.ofEntries(
          Map.entry(String.class, of(text -> text)),
          Map.entry(int.class, of(ValueKind::parseInt)),
          Map.entry(double.class, new ValueKind(ValueKind::parseDouble, ValueKind::formatDouble)),
          Map.entry(boolean.class, of(ValueKind::parseBoolean)),
          Map.entry(
              Duration.class,
              new ValueKind(
                  ValueKind::parseDuration, value -> GoDuration.format((Duration) value))),
          Map.entry(ByteSize.class, of(ByteSize::parse)),
          Map.entry(HostPort.class, of(HostPort::parse)),
          Map.entry(Path.class, of(ValueKind::parsePath)),
          Map.entry(Secret.class, of(Secret::new)),
          Map.entry(Seeds.class, of(Seeds::parse)),
          Map.entry(DatabaseUrl.class, of(DatabaseUrl::new)));

  ValueKind {
    requireNonNull(parse, "parse");
    requireNonNull(format, "format");
  }

  /// The kind of a type, none if its values are no single texts.
  static Optional<ValueKind> of(Type type) {
    if (type instanceof Class<?> known && known.isEnum()) {
      return Optional.of(ofConstants(known.getEnumConstants()));
    }
    return Optional.ofNullable(KINDS.get(type));
  }

  private static ValueKind of(Function<String, Object> parse) {
    return new ValueKind(parse, Object::toString);
  }

  private static ValueKind ofConstants(Object[] constants) {
    Map<String, Object> byText =
        Arrays.stream(constants).collect(Collectors.toMap(ValueKind::textOf, Function.identity()));
    String choices =
        Arrays.stream(constants).map(ValueKind::textOf).collect(Collectors.joining(", "));
    return new ValueKind(
        text -> {
          Object constant = byText.get(text.toLowerCase(Locale.ROOT));
          if (constant == null) {
            throw new IllegalArgumentException(
                "must be one of %s, not '%s'".formatted(choices, text));
          }
          return constant;
        },
        ValueKind::textOf);
  }

  private static String textOf(Object constant) {
    return constant.toString().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  private static Object parseInt(String text) {
    try {
      return Integer.valueOf(text.replace("_", ""));
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException("'" + text + "' is not a whole number below 2^31", e);
    }
  }

  private static Object parseDouble(String text) {
    try {
      return Double.valueOf(text);
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException("'" + text + "' is not a number", e);
    }
  }

  private static String formatDouble(Object value) {
    double number = (Double) value;
    return number == Math.rint(number) ? Long.toString((long) number) : Double.toString(number);
  }

  private static Object parseBoolean(String text) {
    return switch (text.toLowerCase(Locale.ROOT)) {
      case "true" -> true;
      case "false" -> false;
      default -> throw new IllegalArgumentException("must be true or false, not '" + text + "'");
    };
  }

  private static Object parseDuration(String text) {
    try {
      return GoDuration.parse(text);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(
          "'" + text + "' is not a duration such as 500ms, 10s, 1m30s or 2h", e);
    }
  }

  private static Object parsePath(String text) {
    try {
      return Path.of(text);
    } catch (InvalidPathException e) {
      throw new IllegalArgumentException("'" + text + "' is not a path: " + e.getReason(), e);
    }
  }
}
