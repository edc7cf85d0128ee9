package io.querator.benchmarks;

import io.querator.node.text.NumberArgument;
import io.querator.node.text.UsageException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;

/// What a node is to keep while it is measured at rest.
///
/// @param queues how many there are
/// @param partitions of each queue
/// @param depth items that wait in the first queue
/// @param settled how long it is left alone before
/// @param measured how long the node is watched
/// @param directory where a temporary directory is made
/// @param jar the packaged node
record IdleOptions(
    int queues,
    int partitions,
    int depth,
    Duration settled,
    Duration measured,
    Path directory,
    Path jar) {
  static final String USAGE =
      """
      usage: querator bench idle [options]

      Makes queues, starts a node that has them all to keep, and says how long the start took, how
      long until an item of the first queue was leased, and what the node and the database cost
      while nothing happens.

        --queues N         1 to 100000; 1000 without it
        --partitions N     of each queue, 1 to 100; 10 without it
        --depth N          items of 100 bytes that wait in the first queue, 1 to 100000000; 1
                           without it
        --settle SECONDS   it is left alone before, 0 to 3600; 30 without it
        --seconds SECONDS  how long the node is watched, 1 to 3600; 60 without it
        --directory DIR    where a temporary directory is made; the system's without it
        --jar FILE         the packaged node\
      """;

  /// @throws UsageException if they are not those of [#USAGE]
  static IdleOptions parse(List<String> arguments) {
    int queues = 1_000;
    int partitions = 10;
    int depth = 1;
    int settle = 30;
    int seconds = 60;
    Path directory = Path.of(System.getProperty("java.io.tmpdir"));
    Path jar = Options.builtJar();
    for (Argument argument : Argument.parse(arguments, Set.of())) {
      String name = argument.name();
      String text = argument.value();
      switch (name) {
        case "--queues" -> queues = NumberArgument.parse(name, text, 1, 100_000);
        case "--partitions" -> partitions = NumberArgument.parse(name, text, 1, 100);
        case "--depth" -> depth = NumberArgument.parse(name, text, 1, 100_000_000);
        case "--settle" -> settle = NumberArgument.parse(name, text, 0, 3_600);
        case "--seconds" -> seconds = NumberArgument.parse(name, text, 1, 3_600);
        case "--directory" -> directory = Path.of(text);
        case "--jar" -> jar = Path.of(text);
        default -> throw new UsageException("there is no option '" + name + "'; see --help");
      }
    }
    return new IdleOptions(
        queues,
        partitions,
        depth,
        Duration.ofSeconds(settle),
        Duration.ofSeconds(seconds),
        directory,
        jar);
  }
}
