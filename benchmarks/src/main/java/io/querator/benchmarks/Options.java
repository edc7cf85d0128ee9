package io.querator.benchmarks;

import io.querator.node.text.NumberArgument;
import io.querator.node.text.UsageException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// What a comparison is asked for.
///
/// @param batches items in each call, one after the other
/// @param rounds how often each side is measured with each batch, 1 to 100
/// @param storage which database
/// @param kinds what is compared with Querator
/// @param json where all rounds go, too
/// @param directory where a temporary directory is made
/// @param jar the packaged node
/// @param install whether programs that are missing are to be installed
record Options(
    List<Integer> batches,
    int rounds,
    int payloadBytes,
    int connections,
    Duration warmUp,
    Duration measured,
    Storage storage,
    List<Kind> kinds,
    @Nullable Path json,
    Path directory,
    Path jar,
    boolean install) {
  /// The server that the sides share has 100 connections, of which each side takes two of these.
  private static final int CONNECTIONS_MAX = 40;

  private static final String INSTALL = "--install";

  static final String USAGE =
      """
      usage: querator bench compare [options]

      Measures Querator and other ways to have a queue on this machine, one after the other in each
      round, all of them durable and with as many connections, and prints the medians of the rounds.
      What this machine lacks is left out with a word.

        --storage WHICH    postgres, without it; mysql or mariadb (Linux on amd64)
        --sides a,b        of raw, skip-locked, db-scheduler, jobrunr, rabbitmq, beanstalkd; all
                           without it; skip-locked, db-scheduler and jobrunr on PostgreSQL alone.
                           Querator is always measured, with JSON and with Protobuf
        --batch N,N,…      items in each call, 1 to 1000; 1,10,100 without it
        --rounds N         1 to 100; 5 without it
        --payload BYTES    of each item, 1 to 100000; 100 without it
        --connections N    that produce, and as many that consume, 1 to 40; 8 without it
        --warm-up SECONDS  before each measurement, 0 to 600; 3 without it
        --seconds SECONDS  of each measurement, 1 to 600; 6 without it
        --install          installs pgbench, RabbitMQ and beanstalkd by apt-get first (Debian, root)
        --json FILE        write all rounds there, too
        --directory DIR    where a temporary directory is made; the system's without it
        --jar FILE         the packaged node

      A round in which the host of a virtual machine gave much of its processors to others is
      repeated, three times at most.\
      """;

  Options {
    batches = List.copyOf(batches);
    kinds = List.copyOf(kinds);
  }

  /// @throws UsageException if they are not those of [#USAGE]
  static Options parse(List<String> arguments) {
    List<Integer> batches = List.of(1, 10, 100);
    int rounds = 5;
    int payload = 100;
    int connections = 8;
    int warmUp = 3;
    int seconds = 6;
    Storage storage = Storage.POSTGRES;
    List<Kind> kinds = List.of(Kind.values());
    Path json = null;
    Path directory = Path.of(System.getProperty("java.io.tmpdir"));
    Path jar = builtJar();
    boolean install = false;
    for (Argument argument : Argument.parse(arguments, Set.of(INSTALL))) {
      String name = argument.name();
      String text = argument.value();
      switch (name) {
        case "--storage" -> storage = Storage.of(text);
        case "--sides" -> kinds = Arrays.stream(text.split(",", -1)).map(Options::kind).toList();
        case "--batch" -> {
          List<Integer> given = new ArrayList<>();
          for (String one : text.split(",", -1)) {
            given.add(NumberArgument.parse(name, one, 1, 1_000));
          }
          batches = given;
        }
        case INSTALL -> install = true;
        case "--rounds" -> rounds = NumberArgument.parse(name, text, 1, 100);
        case "--payload" -> payload = NumberArgument.parse(name, text, 1, 100_000);
        case "--connections" -> connections = NumberArgument.parse(name, text, 1, CONNECTIONS_MAX);
        case "--warm-up" -> warmUp = NumberArgument.parse(name, text, 0, 600);
        case "--seconds" -> seconds = NumberArgument.parse(name, text, 1, 600);
        case "--json" -> json = Path.of(text);
        case "--directory" -> directory = Path.of(text);
        case "--jar" -> jar = Path.of(text);
        default -> throw new UsageException("there is no option '" + name + "'; see --help");
      }
    }
    return new Options(
        batches,
        rounds,
        payload,
        connections,
        Duration.ofSeconds(warmUp),
        Duration.ofSeconds(seconds),
        storage,
        kinds,
        json,
        directory,
        jar,
        install);
  }

  private static Kind kind(String text) {
    return Kind.of(text)
        .orElseThrow(() -> new UsageException("--sides does not know '" + text + "'; see --help"));
  }

  /// Beside the jar of this program.
  static Path builtJar() {
    Path own = Path.of(System.getProperty("java.class.path", ""));
    return own.toAbsolutePath().resolve("../../../node/target/querator.jar").normalize();
  }
}
