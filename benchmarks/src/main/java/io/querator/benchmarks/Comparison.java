package io.querator.benchmarks;

import io.querator.benchmarks.sides.Measured;
import io.querator.benchmarks.sides.QueratorSide;
import io.querator.benchmarks.sides.Server;
import io.querator.benchmarks.sides.Side;
import io.querator.benchmarks.sides.UnavailableException;
import io.querator.benchmarks.sides.Work;
import io.querator.node.process.CleanUp;
import io.querator.node.process.MachineTimes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Consumer;

/// Measures all sides, alternating, so that whatever else the machine does meets all of them.
final class Comparison implements AutoCloseable {
  /// A round with more is repeated.
  private static final double STOLEN_MAX = 0.05;

  private static final int ATTEMPTS = 3;

  private final Options options;
  private final Consumer<String> progress;
  private final Path directory;
  private final CleanUp cleanUp;
  private final List<Side> sides = new ArrayList<>();
  private final List<String> facts = new ArrayList<>();

  private Comparison(Options options, Consumer<String> progress) throws IOException {
    this.options = options;
    this.progress = progress;
    directory =
        Files.createTempDirectory(
            Files.createDirectories(options.directory()), "querator-compare-");
    cleanUp = new CleanUp(directory);
  }

  /// @param progress gets a line for whatever takes long
  static Result of(Options options, Consumer<String> progress)
      throws IOException, SQLException, InterruptedException {
    try (Comparison comparison = new Comparison(options, progress)) {
      return comparison.run();
    }
  }

  private Result run() throws IOException, SQLException, InterruptedException {
    progress.accept("starting a database in " + directory);
    try (Server server = start()) {
      describe(server);
      try {
        open(server);
        return new Result(facts, rounds());
      } finally {
        sides.reversed().forEach(Side::close);
      }
    }
  }

  private Server start() throws IOException {
    try {
      return options.storage().start(directory.resolve("postgres"), progress);
    } catch (UnavailableException e) {
      throw new IOException(e.getMessage(), e);
    }
  }

  private void describe(Server server) throws SQLException, IOException {
    facts.add("time: " + Instant.now().truncatedTo(ChronoUnit.SECONDS));
    facts.add(
        "machine: %d processors, %s %s, Java %s, files on %s"
            .formatted(
                Runtime.getRuntime().availableProcessors(),
                System.getProperty("os.name"),
                System.getProperty("os.arch"),
                Runtime.version(),
                Files.getFileStore(directory).type()));
    facts.add("database: " + server.settings());
    facts.add(
        "load: %d producers and %d consumers, %d-byte payloads, at most four batches for each of them waiting; %d s of warm-up, %d s measured"
            .formatted(
                options.connections(),
                options.connections(),
                options.payloadBytes(),
                options.warmUp().toSeconds(),
                options.measured().toSeconds()));
  }

  private void open(Server server) throws IOException, InterruptedException {
    try {
      QueratorSide json = QueratorSide.start(server, options.jar(), directory, cleanUp);
      add(json);
      add(json.withProtobuf());
    } catch (UnavailableException e) {
      throw new IOException(e.getMessage(), e);
    }
    for (Kind kind : options.kinds()) {
      try {
        add(kind.open(server, directory, cleanUp));
      } catch (UnavailableException e) {
        facts.add(kind.text() + ": left out, " + e.getMessage());
      }
    }
  }

  private void add(Side side) {
    sides.add(side);
    facts.add(side.name() + ": " + side.settings());
  }

  private List<Round> rounds() throws IOException, SQLException, InterruptedException {
    List<Round> rounds = new ArrayList<>();
    for (int batch : options.batches()) {
      Work work =
          new Work(
              batch,
              options.payloadBytes(),
              options.connections(),
              options.connections(),
              options.warmUp(),
              options.measured());
      for (int number = 1; number <= options.rounds(); number++) {
        for (Side side : sides) {
          rounds.add(round(number, side, work));
        }
      }
    }
    return rounds;
  }

  /// Repeated while the machine is taken away, a few times.
  private Round round(int number, Side side, Work work)
      throws IOException, SQLException, InterruptedException {
    for (int attempt = 1; ; attempt++) {
      Optional<MachineTimes> before = MachineTimes.now();
      Measured measured = side.run(work);
      double stolen =
          before
              .flatMap(begin -> MachineTimes.now().map(end -> end.stolenSince(begin)))
              .orElse(0.0);
      boolean again = stolen > STOLEN_MAX && attempt < ATTEMPTS;
      progress.accept(
          String.format(
              Locale.ROOT,
              "batch %d, round %d, %s: %,.0f items/s, CPU of store %.1f s/M, of all servers %.1f s/M, steal %.1f %%%s",
              work.batch(),
              number,
              side.name(),
              measured.itemsPerSecond(),
              measured.storeSecondsPerMillion(),
              measured.serverSecondsPerMillion(),
              stolen * 100,
              again ? ", again" : ""));
      if (!again) {
        return new Round(number, work.batch(), side.name(), measured, stolen);
      }
    }
  }

  @Override
  public void close() throws IOException {
    cleanUp.close();
  }
}
