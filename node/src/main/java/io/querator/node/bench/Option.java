package io.querator.node.bench;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;

/// What can be given on the command line, each with its help.
enum Option {
  QUICK("", "2 s of warm-up and 4 s measured for each batch size, one run"),
  MODE(
      "NAME",
      "cycle: produce, lease and complete at the same time (default). produce: items stay. consume:"
          + " lease and complete items that are there before. delivery: how long from when an item is"
          + " due until a consumer that waits has it"),
  URL(
      "URL,…",
      "measure nodes that run, http://host:port, instead of one of its own; connections are spread"
          + " over them"),
  CONSUME_URL("URL,…", "where consumers connect to; default: as producers"),
  STORAGE(
      "URL",
      "where the node of its own keeps items, instead of in an embedded PostgreSQL:"
          + " postgres://user:password@host:port/name, mysql://, mariadb:// or mongodb://. In the"
          + " schema querator_bench; in the database of the URL, where MySQL, MariaDB or MongoDB's"
          + " names one"),
  DATABASE("URL", "with --url: the same database, to read its figures from"),
  DIRECTORY("DIR", "where the embedded database gets a temporary directory; default: the system's"),
  NODE_JVM("OPTIONS", "for the JVM of the node of its own, parted by spaces"),
  BATCH("N,N,…", "items in each call, 1 to 1000; default 1,10,100"),
  WARM_UP("SECONDS", "before each measurement, 0 to 3600; default 5"),
  SECONDS("SECONDS", "of each measurement, 1 to 3600; default 15"),
  RUNS("N", "how often everything is measured, 1 to 100; default 1"),
  PRODUCERS("N", "connections that produce, 1 to 1000; default 8"),
  CONSUMERS("N", "connections that lease and complete, 1 to 1000; default 8"),
  DEPTH(
      "N",
      "items that wait before anything is measured, 0 to 100000000; default 0, with consume 500000"),
  LEASED("N", "items that are leased before anything is measured and not completed, 0 to 1000000"),
  RETRIED("", "consumers retry each item once before they complete it; default: not"),
  SNAPSHOT(
      "",
      "a session of the database holds a snapshot all the time, so that no row that is dead can be"
          + " removed"),
  RATE(
      "N",
      "items to be produced a second, whether others are answered or not; a call's time counts from"
          + " when it was due. 0: as many as go, the default but for delivery, where it is 100"),
  PAYLOAD("BYTES", "of each item, 0 to 100000; default 100"),
  PARTITIONS("N", "of the queue, 1 to 100; default 1"),
  ENCODING("NAME", "json or protobuf; default json"),
  KEYED("", "give each produce an idempotency key; default: none"),
  JSON("FILE", "write all figures there, too"),
  SVG("FILE", "draw them there"),
  HELP("", "print this");

  private static final int HELP_COLUMN = 24;
  private static final int HELP_WIDTH = 96;

  private final String argument;
  private final String help;

  Option(String argument, String help) {
    this.argument = argument;
    this.help = help;
  }

  boolean hasArgument() {
    return !argument.isEmpty();
  }

  String flag() {
    return "--" + name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  static Optional<Option> of(String flag) {
    return Arrays.stream(values()).filter(option -> option.flag().equals(flag)).findFirst();
  }

  /// What `--help` prints.
  static String text() {
    return """
    usage: querator bench [--quick] [options]

    Produces, leases and completes items over HTTP, and says how many a second, how long calls
    took, and what an item cost in the node and in the database. Unless --url is given it starts a
    node of its own with an embedded PostgreSQL in a temporary directory, and removes both.

    %s

    Without a rate, producers of a cycle stop while items wait for more calls than four for each
    connection, so that the figures are those of a queue in balance. Nodes tell their processor
    time; that of the database is read in Linux only, if it runs on this machine. Producers and
    consumers take processor time from the node if they share its machine.\
    """
        .formatted(Arrays.stream(values()).map(Option::line).collect(Collectors.joining("\n")));
  }

  private String line() {
    StringBuilder text = new StringBuilder(("  " + flag() + " " + argument).stripTrailing());
    pad(text, HELP_COLUMN);
    int start = text.length() - HELP_COLUMN;
    for (String word : help.split(" ", -1)) {
      if (text.length() - start + word.length() > HELP_WIDTH) {
        text.setLength(text.toString().stripTrailing().length());
        text.append('\n');
        start = text.length();
        text.append(" ".repeat(HELP_COLUMN));
      }
      text.append(word).append(' ');
    }
    return text.toString().stripTrailing();
  }

  private static void pad(StringBuilder text, int column) {
    text.append(" ".repeat(Math.max(1, column - text.length())));
  }
}
