package io.querator.node.bench;

import io.querator.client.QueratorException;
import io.querator.node.ExitStatus;
import io.querator.node.bench.Options.Target;
import io.querator.node.config.LogFormat;
import io.querator.node.config.LogLevel;
import io.querator.node.config.LogSettings;
import io.querator.node.log.Logging;
import io.querator.node.text.UsageException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;

/// The sub-command: reads the options, has a node measured, and prints what was found. Progress
/// goes to the standard error.
public final class Bench {
  private Bench() {}

  /// @param arguments those of [Option]
  /// @return the exit status of the process
  public static int run(List<String> arguments) throws InterruptedException {
    if (Options.helpIn(arguments)) {
      System.out.println(Option.text());
      return ExitStatus.OK;
    }
    try {
      run(Options.parse(arguments));
      return ExitStatus.OK;
    } catch (UsageException e) {
      tell(String.valueOf(e.getMessage()));
      return ExitStatus.USAGE;
    } catch (BenchException | QueratorException e) {
      tell(String.valueOf(e.getMessage()));
      return ExitStatus.FAILED;
    }
  }

  private static void run(Options options) throws InterruptedException {
    Logging.apply(new LogSettings(LogFormat.TEXT, LogLevel.WARN));
    Report report;
    try (Subject subject = open(options.target());
        Measurements measurements = new Measurements(subject, Bench::tell)) {
      List<String> facts = facts(subject, options);
      report = new Report(facts, measurements.run(options));
    }
    System.out.println(report.text());
    Path json = options.json();
    if (json != null) {
      write(json, report.json());
    }
    Path svg = options.svg();
    if (svg != null) {
      write(svg, Plot.of(report.figures()));
    }
  }

  private static Subject open(Target target) throws InterruptedException {
    return target.urls().isEmpty()
        ? OwnNode.start(target, Bench::tell)
        : new RunningNodes(target.urls(), target.database());
  }

  private static List<String> facts(Subject subject, Options options) {
    List<String> facts = new ArrayList<>();
    facts.add("time: " + Instant.now().truncatedTo(ChronoUnit.SECONDS));
    facts.addAll(subject.description());
    facts.add(
        "durability: "
            + subject
                .database()
                .map(Database::durability)
                .orElse("unknown, since the database is not asked; see --database"));
    facts.add("load: " + options.shape().text());
    facts.add(
        "timing: %d s of warm-up, %d s measured for each batch size"
            .formatted(
                options.timing().warmUp().toSeconds(), options.timing().measured().toSeconds()));
    facts.add(
        "machine: %d processors, %s %s, Java %s"
            .formatted(
                Runtime.getRuntime().availableProcessors(),
                System.getProperty("os.name"),
                System.getProperty("os.arch"),
                Runtime.version()));
    return facts;
  }

  private static void write(Path file, String text) {
    try {
      Files.writeString(file, text);
    } catch (IOException e) {
      throw new BenchException("cannot write " + file + ": " + e.getMessage(), e);
    }
  }

  private static void tell(String line) {
    System.err.println("querator: " + line);
  }
}
