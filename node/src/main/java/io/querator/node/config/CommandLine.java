package io.querator.node.config;

import static java.util.Objects.requireNonNull;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// The flags of the server, read.
///
/// Every setting has a flag: `--` and its key with `-` for every `.` (or the key as it is), then
/// `=` or a space, then the value; or `--set key=value`. Giving a setting twice is an error.
///
/// @param request what to do
/// @param file the file of settings that `--config` names
/// @param values the settings given, by key
public record CommandLine(Request request, @Nullable Path file, Given.Layer values) {
  /// What the caller wants.
  public enum Request {
    RUN,
    /// Say whether the settings are right, and which they are.
    CHECK,
    HELP,
    VERSION
  }

  /// Short names of settings.
  private static final Map<String, String> ALIASES = Map.of("storage", "storages.0.url");

  private static final String CONFIG = "config";
  private static final String SET = "set";

  public CommandLine {
    requireNonNull(request, "request");
    requireNonNull(values, "values");
  }

  /// @throws InvalidSettingsException if an argument is unknown, or has no value
  public static CommandLine parse(List<String> arguments) {
    return new Reader(arguments).read();
  }

  /// The flag of a key.
  static String name(String key) {
    return "--" + key.replace('.', '-');
  }

  /// Owned by one call of [#parse].
  private static final class Reader {
    private final ArrayDeque<String> rest;
    private final List<Problem> problems = new ArrayList<>();
    private final Map<String, Given> values = new HashMap<>();
    private Request request = Request.RUN;
    private @Nullable Path file;

    Reader(List<String> arguments) {
      this.rest = new ArrayDeque<>(arguments);
    }

    CommandLine read() {
      while (!rest.isEmpty()) {
        readArgument(rest.removeFirst());
      }
      if (!problems.isEmpty() && request != Request.HELP) {
        throw new InvalidSettingsException(problems);
      }
      return new CommandLine(request, file, new Given.Layer(values, Map.of()));
    }

    private void readArgument(String argument) {
      switch (argument) {
        case "--help", "-h" -> request = Request.HELP;
        case "--version" -> request = Request.VERSION;
        case "--check-config" -> request = Request.CHECK;
        default -> readFlag(argument);
      }
    }

    private void readFlag(String argument) {
      int equals = argument.indexOf('=');
      String flag = equals < 0 ? argument : argument.substring(0, equals);
      Origin origin = new Origin.Flag(flag);
      if (!flag.startsWith("--")) {
        problems.add(new Problem(origin, "is no flag; see --help"));
        return;
      }
      String name = flag.substring(2);
      Optional<String> key = key(name);
      if (key.isEmpty() && !name.equals(CONFIG) && !name.equals(SET)) {
        problems.add(new Problem(origin, "is unknown" + meant(name)));
        if (equals < 0 && !rest.isEmpty() && !rest.peekFirst().startsWith("-")) {
          rest.removeFirst();
        }
        return;
      }
      String value = equals < 0 ? rest.pollFirst() : argument.substring(equals + 1);
      if (value == null) {
        problems.add(new Problem(origin, "needs a value"));
      } else if (key.isPresent()) {
        put(key.get(), value, origin);
      } else if (name.equals(CONFIG)) {
        setFile(value, origin);
      } else {
        set(value, origin);
      }
    }

    private void set(String assignment, Origin origin) {
      int equals = assignment.indexOf('=');
      String key = equals < 0 ? assignment : assignment.substring(0, equals);
      Origin named = new Origin.Flag("--set " + key);
      if (equals < 0) {
        problems.add(new Problem(origin, "needs key=value, not '" + assignment + "'"));
      } else if (Schema.NODE.key(key, pattern -> pattern).isEmpty()) {
        problems.add(
            new Problem(
                named,
                "there is no such key"
                    + Schema.NODE.suggest(key, pattern -> pattern, List.of(), "")));
      } else {
        put(key, assignment.substring(equals + 1), named);
      }
    }

    private void put(String key, String value, Origin origin) {
      if (values.putIfAbsent(key, new Given(value, origin)) != null) {
        problems.add(new Problem(origin, "'" + key + "' is given twice"));
      }
    }

    private void setFile(String value, Origin origin) {
      try {
        if (file != null) {
          problems.add(new Problem(origin, "is given twice"));
        }
        file = Path.of(value);
      } catch (InvalidPathException e) {
        problems.add(new Problem(origin, "'" + value + "' is not a path"));
      }
    }

    private static Optional<String> key(String name) {
      if (ALIASES.containsKey(name)) {
        return Optional.of(ALIASES.get(name));
      }
      return Schema.NODE
          .key("--" + name, CommandLine::name)
          .or(() -> Schema.NODE.key(name, pattern -> pattern));
    }

    private static String meant(String name) {
      List<String> others = new ArrayList<>(List.of("--config", "--set", "--help", "--version"));
      ALIASES.keySet().forEach(alias -> others.add("--" + alias));
      return Schema.NODE.suggest("--" + name, CommandLine::name, others, "--");
    }
  }
}
