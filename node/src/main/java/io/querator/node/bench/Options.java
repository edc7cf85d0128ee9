package io.querator.node.bench;

import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// What a bench is asked for.
///
/// @param target what is measured
/// @param shape of the load
/// @param batches items in each call, one measurement after the other
/// @param json where all figures go, too
record Options(
    Target target, LoadShape shape, List<Integer> batches, Timing timing, @Nullable Path json) {
  private static final int BATCHES_MAX = 100;

  Options {
    batches = List.copyOf(batches);
  }

  /// What is measured.
  ///
  /// @param url of a node that runs; null: one is started
  /// @param database where figures are read from, and where a node that is started keeps items;
  ///   null: an embedded one, or none with `url`
  /// @param directory where a temporary directory is made
  /// @param nodeJvm options for the JVM of a node that is started
  record Target(
      @Nullable URI url, @Nullable String database, Path directory, List<String> nodeJvm) {
    Target {
      nodeJvm = List.copyOf(nodeJvm);
    }
  }

  /// @param runs how often each measurement is made
  record Timing(Duration warmUp, Duration measured, int runs) {}

  /// Whether nothing but help is asked for.
  static boolean helpIn(List<String> arguments) {
    return arguments.contains(Option.HELP.flag());
  }

  /// @throws UsageException if they are not those of [Option]
  static Options parse(List<String> arguments) {
    Values values = new Values(arguments);
    boolean quick = values.has(Option.QUICK);
    return new Options(
        new Target(
            values.url(),
            values.text(Option.DATABASE),
            Path.of(values.text(Option.DIRECTORY, System.getProperty("java.io.tmpdir"))),
            words(values.text(Option.NODE_JVM, ""))),
        new LoadShape(
            values.number(Option.PRODUCERS, 8, 1, 1000),
            values.number(Option.CONSUMERS, 8, 1, 1000),
            values.number(Option.PAYLOAD, 100, 0, 100_000),
            values.number(Option.PARTITIONS, 1, 1, 100),
            values.encoding(),
            values.has(Option.KEYED)),
        values.batches(),
        new Timing(
            Duration.ofSeconds(values.number(Option.WARM_UP, quick ? 2 : 5, 0, 3600)),
            Duration.ofSeconds(values.number(Option.SECONDS, quick ? 4 : 15, 1, 3600)),
            values.number(Option.RUNS, 1, 1, 100)),
        values.has(Option.JSON) ? Path.of(values.text(Option.JSON, "")) : null);
  }

  private static List<String> words(String text) {
    return text.isBlank() ? List.of() : List.of(text.strip().split("\\s+", -1));
  }

  /// The arguments by their names.
  private static final class Values {
    private final Map<Option, String> texts = new EnumMap<>(Option.class);

    Values(List<String> arguments) {
      for (int i = 0; i < arguments.size(); i++) {
        String[] parts = arguments.get(i).split("=", 2);
        Option option =
            Option.of(parts[0])
                .orElseThrow(() ->
                    new UsageException(
                        "there is no option '" + parts[0] + "'; see querator bench --help"));
        String text = parts.length == 2 ? parts[1] : "";
        if (option.hasArgument() && parts.length < 2) {
          i++;
          if (i == arguments.size()) {
            throw new UsageException(option.flag() + " needs a value");
          }
          text = arguments.get(i);
        } else if (!option.hasArgument() && parts.length == 2) {
          throw new UsageException(option.flag() + " takes no value");
        }
        texts.put(option, text);
      }
    }

    boolean has(Option option) {
      return texts.containsKey(option);
    }

    @Nullable String text(Option option) {
      return texts.get(option);
    }

    String text(Option option, String absent) {
      return texts.getOrDefault(option, absent);
    }

    int number(Option option, int absent, int min, int max) {
      String text = texts.get(option);
      return text == null ? absent : number(option, text, min, max);
    }

    private static int number(Option option, String text, int min, int max) {
      try {
        int number = Integer.parseInt(text.strip());
        if (number >= min && number <= max) {
          return number;
        }
      } catch (NumberFormatException e) {
        // said below
      }
      throw new UsageException(
          "%s must be a number from %d to %d, not '%s'".formatted(option.flag(), min, max, text));
    }

    List<Integer> batches() {
      List<Integer> batches = new ArrayList<>();
      for (String text : text(Option.BATCH, "1,10,100").split(",", -1)) {
        batches.add(number(Option.BATCH, text, 1, 1000));
      }
      if (batches.size() > BATCHES_MAX) {
        throw new UsageException(Option.BATCH.flag() + " takes at most " + BATCHES_MAX + " sizes");
      }
      return batches;
    }

    Encoding encoding() {
      String text = text(Option.ENCODING, Encoding.JSON.text());
      for (Encoding encoding : Encoding.values()) {
        if (encoding.text().equals(text.toLowerCase(Locale.ROOT))) {
          return encoding;
        }
      }
      throw new UsageException(
          Option.ENCODING.flag() + " must be " + Encoding.texts() + ", not '" + text + "'");
    }

    @Nullable URI url() {
      String text = texts.get(Option.URL);
      if (text == null) {
        return null;
      }
      try {
        URI uri = URI.create(text);
        if ("http".equals(uri.getScheme()) && uri.getHost() != null) {
          return uri;
        }
      } catch (IllegalArgumentException e) {
        // said below
      }
      throw new UsageException(
          Option.URL.flag() + " must be like http://127.0.0.1:2319, not '" + text + "'");
    }
  }
}
