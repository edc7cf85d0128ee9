package io.querator.node.bench;

import io.querator.node.text.NumberArgument;
import io.querator.node.text.UsageException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// What a bench is asked for.
///
/// @param target what is measured
/// @param shape of the load
/// @param batches items in each call, one measurement after the other
/// @param json where all figures go, too
/// @param svg where they are drawn
record Options(
    Target target,
    LoadShape shape,
    List<Integer> batches,
    Timing timing,
    @Nullable Path json,
    @Nullable Path svg) {
  private static final int BATCHES_MAX = 100;
  private static final int URLS_MAX = 100;
  private static final int DEPTH = 500_000;
  private static final int DEPTH_MAX = 100_000_000;
  private static final int LEASED_MAX = 1_000_000;
  private static final int RATE = 100;
  private static final int RATE_MAX = 10_000_000;

  Options {
    batches = List.copyOf(batches);
  }

  /// What is measured.
  ///
  /// @param urls of nodes that run; none: one is started
  /// @param consumeUrls where consumers connect to; none: as producers
  /// @param database where figures are read from, and where a node that is started keeps items;
  ///   null: an embedded one, or none with `urls`
  /// @param directory where a temporary directory is made
  /// @param nodeJvm options for the JVM of a node that is started
  record Target(
      List<URI> urls,
      List<URI> consumeUrls,
      @Nullable String database,
      Path directory,
      List<String> nodeJvm) {
    Target {
      urls = List.copyOf(urls);
      consumeUrls = List.copyOf(consumeUrls);
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
    if (values.has(Option.CONSUME_URL) && !values.has(Option.URL)) {
      throw new UsageException(Option.CONSUME_URL.flag() + " needs " + Option.URL.flag());
    }
    if (values.has(Option.DATABASE) && !values.has(Option.URL)) {
      throw new UsageException(
          "%s needs %s; a node of its own has its database by %s"
              .formatted(Option.DATABASE.flag(), Option.URL.flag(), Option.STORAGE.flag()));
    }
    if (values.has(Option.STORAGE) && values.has(Option.URL)) {
      throw new UsageException(
          "%s is for a node of its own; with %s it is %s"
              .formatted(Option.STORAGE.flag(), Option.URL.flag(), Option.DATABASE.flag()));
    }
    boolean quick = values.has(Option.QUICK);
    Mode mode = values.one(Option.MODE, Mode.CYCLE, Mode.values());
    if (mode == Mode.DELIVERY && values.has(Option.DEPTH)) {
      throw new UsageException(Option.DEPTH.flag() + " leaves no consumer waiting for a delivery");
    }
    if (values.has(Option.RETRIED) && mode != Mode.CYCLE) {
      throw new UsageException(Option.RETRIED.flag() + " is for a cycle");
    }
    if (values.has(Option.SNAPSHOT) && values.has(Option.URL) && !values.has(Option.DATABASE)) {
      throw new UsageException(Option.SNAPSHOT.flag() + " needs " + Option.DATABASE.flag());
    }
    return new Options(
        new Target(
            values.urls(Option.URL),
            values.urls(Option.CONSUME_URL),
            values.text(values.has(Option.URL) ? Option.DATABASE : Option.STORAGE),
            Path.of(values.text(Option.DIRECTORY, System.getProperty("java.io.tmpdir"))),
            words(values.text(Option.NODE_JVM, ""))),
        new LoadShape(
            mode,
            values.number(Option.PRODUCERS, 8, 1, 1000),
            values.number(Option.CONSUMERS, 8, 1, 1000),
            values.number(
                Option.PAYLOAD, 100, mode == Mode.DELIVERY ? Load.STAMP_BYTES : 0, 100_000),
            values.number(Option.PARTITIONS, 1, 1, 100),
            values.one(Option.ENCODING, Encoding.JSON, Encoding.values()),
            values.has(Option.KEYED),
            values.number(Option.RATE, mode == Mode.DELIVERY ? RATE : 0, 0, RATE_MAX),
            new Conditions(
                values.number(Option.DEPTH, mode == Mode.CONSUME ? DEPTH : 0, 0, DEPTH_MAX),
                values.number(Option.LEASED, 0, 0, LEASED_MAX),
                values.has(Option.RETRIED),
                values.has(Option.SNAPSHOT))),
        values.batches(mode == Mode.DELIVERY ? "1" : "1,10,100"),
        new Timing(
            Duration.ofSeconds(values.number(Option.WARM_UP, quick ? 2 : 5, 0, 3600)),
            Duration.ofSeconds(values.number(Option.SECONDS, quick ? 4 : 15, 1, 3600)),
            values.number(Option.RUNS, 1, 1, 100)),
        values.file(Option.JSON),
        values.file(Option.SVG));
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

    @Nullable Path file(Option option) {
      String text = texts.get(option);
      return text == null ? null : Path.of(text);
    }

    int number(Option option, int absent, int min, int max) {
      String text = texts.get(option);
      return text == null ? absent : NumberArgument.parse(option.flag(), text, min, max);
    }

    List<Integer> batches(String absent) {
      List<Integer> batches = new ArrayList<>();
      for (String text : text(Option.BATCH, absent).split(",", -1)) {
        batches.add(NumberArgument.parse(Option.BATCH.flag(), text, 1, 1000));
      }
      if (batches.size() > BATCHES_MAX) {
        throw new UsageException(Option.BATCH.flag() + " takes at most " + BATCHES_MAX + " sizes");
      }
      return batches;
    }

    /// One of `names`, in lower case.
    <E extends Enum<E>> E one(Option option, E absent, E[] names) {
      String text = text(option, absent.name()).toUpperCase(Locale.ROOT);
      return Arrays.stream(names)
          .filter(name -> name.name().equals(text))
          .findFirst()
          .orElseThrow(() ->
              new UsageException(
                  "%s must be one of %s, not '%s'"
                      .formatted(
                          option.flag(),
                          Arrays.stream(names)
                              .map(name -> name.name().toLowerCase(Locale.ROOT))
                              .collect(Collectors.joining(", ")),
                          text(option))));
    }

    List<URI> urls(Option option) {
      String text = texts.get(option);
      if (text == null) {
        return List.of();
      }
      String[] urls = text.split(",", -1);
      if (urls.length > URLS_MAX) {
        throw new UsageException(option.flag() + " takes at most " + URLS_MAX);
      }
      return Arrays.stream(urls).map(one -> url(option, one)).toList();
    }

    private static URI url(Option option, String text) {
      try {
        URI uri = URI.create(text);
        if ("http".equals(uri.getScheme()) && uri.getHost() != null) {
          return uri;
        }
      } catch (IllegalArgumentException e) {
        // said below
      }
      throw new UsageException(
          option.flag() + " must be like http://127.0.0.1:2319, not '" + text + "'");
    }
  }
}
