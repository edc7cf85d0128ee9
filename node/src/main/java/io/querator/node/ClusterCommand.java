package io.querator.node;

import io.querator.client.QueratorClient;
import io.querator.client.QueratorException;
import io.querator.client.message.ClusterNodeRequest;
import io.querator.node.config.LogFormat;
import io.querator.node.config.LogLevel;
import io.querator.node.config.LogSettings;
import io.querator.node.log.Logging;
import io.querator.node.text.NodeUrl;
import io.querator.node.text.NumberArgument;
import io.querator.node.text.UsageException;
import io.querator.node.trial.ClusterStatus;
import io.querator.node.trial.TrialCluster;
import io.querator.node.trial.TrialConsole;
import io.querator.node.trial.TrialException;
import io.querator.node.trial.TrialOptions;
import java.io.Console;
import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// `querator cluster`: starts several nodes for a trial, or asks a cluster that runs.
final class ClusterCommand {
  static final SubCommand COMMAND =
      new SubCommand(
          "cluster",
          "several nodes on this machine, for a trial; status; see querator cluster --help",
          ClusterCommand::run);

  private static final int PORT = 2319;
  private static final int PORT_MAX = 65_535 - TrialOptions.NODES_MAX;

  private static final String HELP =
      """
      usage: querator cluster [--nodes N] [--port PORT] [--storage URL] [--directory DIR]
             querator cluster status [--url URL]
             querator cluster drain NODE [--url URL]
             querator cluster undrain NODE [--url URL]

      Without a word: starts nodes n1, n2 and so on as processes of their own, on an embedded
      PostgreSQL in a temporary directory, prints who owns what, and takes commands such as kill n2.
      Ctrl-C stops all of them and removes the directory.

        --nodes N             how many, 1 to 9; default 3
        --port PORT           of the first node's API, each other has the next one; default 2319;
                              0 takes free ones
        --storage URL         a database of yours, instead of an embedded one: postgres://, mysql://,
                              mariadb:// or mongodb://
        --directory DIR       where the temporary directory is made; default: the system's

      status prints the nodes, the queues with who owns their partitions, and the last failovers.
      drain has the others take all partitions of a node, undrain lets it own some again.

        --url URL             of any node; default http://127.0.0.1:2319
        --help                print this\
      """;

  private ClusterCommand() {}

  /// What is asked for, from its arguments.
  private static final class Given {
    private int nodes = 3;
    private int port = PORT;
    private @Nullable String storage;
    private Path directory = Path.of(System.getProperty("java.io.tmpdir"));
    private URI url = NodeUrl.DEFAULT;

    void option(String flag, String value) {
      switch (flag) {
        case "--nodes" -> nodes = NumberArgument.parse(flag, value, 1, TrialOptions.NODES_MAX);
        case "--port" -> port = NumberArgument.parse(flag, value, 0, PORT_MAX);
        case "--storage" -> storage = value;
        case "--directory" -> directory = Path.of(value);
        case "--url" -> url = NodeUrl.parse(value);
        default -> throw new UsageException("there is no option '" + flag + "'");
      }
    }
  }

  private static int run(List<String> arguments) throws InterruptedException {
    if (arguments.contains("--help")) {
      System.out.println(HELP);
      return ExitStatus.OK;
    }
    try {
      Logging.apply(new LogSettings(LogFormat.TEXT, LogLevel.WARN));
      int words = 0;
      while (words < arguments.size() && !arguments.get(words).startsWith("-")) {
        words++;
      }
      Given given = options(arguments.subList(words, arguments.size()));
      run(arguments.subList(0, words), given);
      return ExitStatus.OK;
    } catch (UsageException e) {
      tell(e.getMessage() + "; see querator cluster --help");
      return ExitStatus.USAGE;
    } catch (TrialException | QueratorException e) {
      tell(String.valueOf(e.getMessage()));
      return ExitStatus.FAILED;
    }
  }

  private static Given options(List<String> arguments) {
    Given given = new Given();
    for (int i = 0; i < arguments.size(); i++) {
      String[] parts = arguments.get(i).split("=", 2);
      if (parts.length == 2) {
        given.option(parts[0], parts[1]);
      } else if (i + 1 < arguments.size()) {
        i++;
        given.option(parts[0], arguments.get(i));
      } else {
        throw new UsageException(parts[0] + " needs a value");
      }
    }
    return given;
  }

  private static void run(List<String> words, Given given) throws InterruptedException {
    String word = words.isEmpty() ? "" : words.getFirst();
    int more = words.size() - 1;
    if (word.isEmpty()) {
      trial(given);
    } else if (word.equals("status") && more == 0) {
      System.out.print(ClusterStatus.of(given.url).text());
    } else if (word.equals("drain") && more == 1) {
      drain(given.url, words.get(1), true);
    } else if (word.equals("undrain") && more == 1) {
      drain(given.url, words.get(1), false);
    } else {
      throw new UsageException("there is no '" + String.join(" ", words) + "'");
    }
  }

  private static void drain(URI url, String node, boolean draining) {
    ClusterNodeRequest request = ClusterNodeRequest.newBuilder().setNode(node).build();
    try (QueratorClient client = QueratorClient.to(url)) {
      if (draining) {
        client.drainNode(request);
        tell("the others take what " + node + " owns; see querator cluster status");
      } else {
        client.undrainNode(request);
        tell(node + " may own partitions again");
      }
    }
  }

  private static void trial(Given given) throws InterruptedException {
    StopSignals signals = StopSignals.install();
    TrialOptions options =
        new TrialOptions(given.nodes, given.port, given.storage, given.directory);
    try (TrialCluster cluster = TrialCluster.start(options, ClusterCommand::tell)) {
      Console console = System.console();
      boolean terminal = console != null && console.isTerminal();
      new TrialConsole(cluster, System.in, System.out, terminal).run(signals.asked());
      tell("stopping all of it");
    }
  }

  private static void tell(String line) {
    System.err.println("querator: " + line);
  }
}
