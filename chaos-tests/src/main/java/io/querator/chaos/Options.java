package io.querator.chaos;

import io.querator.chaos.cluster.Storage;
import io.querator.chaos.fault.FaultKind;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// What a run is to be.
///
/// @param storage which database
/// @param second another one, over which partitions are spread, too; null: none
/// @param nodes 3 to 7
/// @param time for which faults are injected: 10 s to 10 h
/// @param faults kinds of which the plan is made; none: nothing is broken
/// @param report where the history and the page go; created
/// @param jar the packaged node
/// @param namespaces whether each node has a network of its own
public record Options(
    Storage storage,
    @Nullable Storage second,
    int nodes,
    Duration time,
    long seed,
    List<FaultKind> faults,
    Path report,
    Path jar,
    boolean namespaces) {
  private static final int NODES_MIN = 3;
  private static final int NODES_MAX = 7;
  private static final Duration QUICK = Duration.ofSeconds(60);
  private static final Duration TIME_MIN = Duration.ofSeconds(10);
  private static final Duration TIME_MAX = Duration.ofHours(10);

  /// What a run of a minute shows most with.
  private static final List<FaultKind> QUICK_FAULTS =
      List.of(
          FaultKind.KILL_NODE,
          FaultKind.KILL_LEADER,
          FaultKind.PAUSE_NODE,
          FaultKind.STOP_NODE,
          FaultKind.ISOLATE_NODE,
          FaultKind.CUT_DATABASE,
          FaultKind.KILL_DATABASE,
          FaultKind.LOSE_COMMITS);

  public static final String USAGE =
      """
      Usage: ./querator chaos [options]
             ./querator chaos check FILE
             ./querator chaos gaps FILE...

      Starts a cluster with a database of its own, breaks it as planned while clients work, and
      judges what they have recorded. Needs nothing but this; leaves nothing but the report.

        --storage WHICH    postgres, without it; mysql or mariadb (Linux on amd64);
                           mongodb-emulator, which is not durable: without kill-database and
                           stop-database; or the URL of a database of yours, whose server is left
                           alone, too. Queues are made there and stay, in querator_chaos unless the
                           URL of MySQL, MariaDB or MongoDB names another database

        --second WHICH     another database, over which partitions are spread, too; for
                           move-partitions

        --quick            a minute with the most telling faults
        --minutes N        for so long: 1 to 600; 5 without it
        --seed N           the plan and what clients do follow from it; any without it
        --nodes N          3 to 7; 3 without it
        --faults a,b       only these; 'none' for none
        --report DIR       where history and page go; target/chaos/... without it
        --jar FILE         the packaged node
        --namespaces       each node in a network namespace of its own, where packets can be lost:
                           also unplug-node and power-off-node (Linux, as root)

      'check' judges a history again; 'gaps' tells how long partitions were not served in several.
      The exit status is 1 if a rule is broken, 3 if the run itself failed.

      Faults:
        %s
      """
          .formatted(
              FaultKind.all().stream().map(FaultKind::text).collect(Collectors.joining("\n  ")));

  public Options {
    faults = List.copyOf(faults);
    if (nodes < NODES_MIN || nodes > NODES_MAX) {
      throw new UsageException("--nodes must be " + NODES_MIN + " to " + NODES_MAX);
    }
    if (time.compareTo(TIME_MIN) < 0 || time.compareTo(TIME_MAX) > 0) {
      throw new UsageException("--minutes must be 1 to " + TIME_MAX.toMinutes());
    }
    for (FaultKind kind : faults) {
      if (kind.needsNamespaces() && !namespaces) {
        throw new UsageException(kind.text() + " needs --namespaces");
      }
      if (kind == FaultKind.MOVE_PARTITIONS && second == null) {
        throw new UsageException(kind.text() + " needs --second");
      }
      if (!fits(kind, storage, second)) {
        throw new UsageException(kind.text() + " cannot be done to --storage " + storage.text());
      }
    }
  }

  /// The databases, for people.
  String storages() {
    return second == null ? storage.text() : storage.text() + " and " + second.text();
  }

  private static boolean fits(FaultKind kind, Storage storage, @Nullable Storage second) {
    boolean stoppable = storage.isStoppable() && (second == null || second.isStoppable());
    return (stoppable || !kind.needsServer())
        && (storage.isBehindLinks() || !kind.needsDatabaseLinks())
        && (second != null || kind != FaultKind.MOVE_PARTITIONS);
  }

  /// @param root the folder of the project
  /// @throws UsageException if the arguments cannot be understood
  static Options of(List<String> arguments, Path root, long anySeed) {
    Storage storage = Storage.Own.POSTGRES;
    Storage second = null;
    int nodes = NODES_MIN;
    Duration time = Duration.ofMinutes(5);
    long seed = anySeed;
    boolean namespaces = false;
    List<FaultKind> possible = FaultKind.all();
    List<FaultKind> faults = null;
    Path report = null;
    Path jar = root.resolve("node/target/querator.jar");
    List<String> rest = new ArrayList<>(arguments);
    while (!rest.isEmpty()) {
      String option = rest.removeFirst();
      switch (option) {
        case "--quick" -> {
          time = QUICK;
          possible = QUICK_FAULTS;
        }
        case "--storage" -> storage = Storage.of(value(option, rest));
        case "--second" -> second = Storage.of(value(option, rest));
        case "--minutes" -> time = Duration.ofMinutes(number(option, rest));
        case "--seed" -> seed = number(option, rest);
        case "--nodes" ->
            nodes = Math.toIntExact(Math.clamp(number(option, rest), 0, NODES_MAX + 1));
        case "--faults" -> faults = faults(value(option, rest));
        case "--report" -> report = Path.of(value(option, rest));
        case "--namespaces" -> namespaces = true;
        case "--jar" -> jar = Path.of(value(option, rest));
        default -> throw new UsageException("unknown option '" + option + "'");
      }
    }
    Path to = report == null ? root.resolve("target/chaos/seed-" + seed) : report;
    List<FaultKind> kinds =
        faults == null ? possible(possible, namespaces, storage, second) : faults;
    return new Options(storage, second, nodes, time, seed, kinds, to, jar, namespaces);
  }

  private static List<FaultKind> possible(
      List<FaultKind> kinds, boolean namespaces, Storage storage, @Nullable Storage second) {
    return kinds.stream()
        .filter(kind -> namespaces || !kind.needsNamespaces())
        .filter(kind -> fits(kind, storage, second))
        .toList();
  }

  private static String value(String option, List<String> rest) {
    if (rest.isEmpty()) {
      throw new UsageException(option + " needs a value");
    }
    return rest.removeFirst();
  }

  private static long number(String option, List<String> rest) {
    String text = value(option, rest);
    try {
      return Long.parseLong(text);
    } catch (NumberFormatException e) {
      throw new UsageException(option + " needs a number, not '" + text + "'");
    }
  }

  private static List<FaultKind> faults(String text) {
    if (text.equals("none")) {
      return List.of();
    }
    return Arrays.stream(text.split(",", -1))
        .map(one ->
            FaultKind.of(one).orElseThrow(() -> new UsageException("unknown fault '" + one + "'")))
        .toList();
  }
}
