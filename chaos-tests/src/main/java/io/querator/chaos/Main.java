package io.querator.chaos;

import io.querator.chaos.check.Rule;
import io.querator.chaos.check.Violation;
import io.querator.chaos.report.Report;
import io.querator.chaos.report.Service;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.Collectors;

/// `querator chaos`.
public final class Main {
  private static final int SHOWN_MAX = 20;
  private static final int BROKEN = 1;
  private static final int USAGE = 2;

  /// The run itself has failed, which says nothing about rules.
  private static final int FAILED = 3;

  private Main() {}

  public static void main(String[] arguments) throws InterruptedException {
    System.setProperty("logback.configurationFile", "logback-chaos.xml");
    System.exit(run(Arrays.asList(arguments)));
  }

  private static int run(List<String> arguments) throws InterruptedException {
    if (arguments.contains("--help") || arguments.contains("-h")) {
      System.out.print(Options.USAGE);
      return 0;
    }
    try {
      if (!arguments.isEmpty() && arguments.getFirst().equals("check")) {
        if (arguments.size() != 2) {
          throw new UsageException("check needs one file");
        }
        return tell(Report.of(Path.of(arguments.getLast()).toAbsolutePath()));
      }
      if (!arguments.isEmpty() && arguments.getFirst().equals("gaps")) {
        if (arguments.size() < 2) {
          throw new UsageException("gaps needs files");
        }
        Service.of(arguments.stream().skip(1).map(Path::of).toList())
            .forEach(gaps -> System.out.println(gaps.text()));
        return 0;
      }
      Options options =
          Options.of(arguments, project(), ThreadLocalRandom.current().nextLong(1_000_000));
      long start = System.nanoTime();
      return tell(
          ChaosRun.of(
              options,
              line ->
                  System.out.printf(
                      Locale.ROOT, "%6.1f s  %s%n", (System.nanoTime() - start) / 1e9, line)));
    } catch (UsageException e) {
      System.err.println("querator chaos: " + e.getMessage() + "; see ./querator chaos --help");
      return USAGE;
    } catch (IOException | RuntimeException e) {
      System.err.println("querator chaos: the run has failed");
      e.printStackTrace();
      return FAILED;
    }
  }

  private static int tell(Report report) {
    System.out.println(report.figures());
    Map<Rule, Long> broken =
        report.verdict().violations().stream()
            .collect(Collectors.groupingBy(Violation::rule, TreeMap::new, Collectors.counting()));
    broken.forEach((rule, count) -> System.out.println(rule + ": " + count));
    report.verdict().violations().stream()
        .limit(SHOWN_MAX)
        .forEach(violation -> System.out.println(violation.rule() + ": " + violation.text()));
    System.out.println("report: " + report.page());
    return report.verdict().violations().isEmpty() ? 0 : BROKEN;
  }

  /// The folder of the project in which this program was built.
  private static Path project() {
    try {
      Path own =
          Path.of(Main.class.getProtectionDomain().getCodeSource().getLocation().toURI())
              .toAbsolutePath();
      // chaos-tests/target/querator-chaos.jar, or chaos-tests/target/classes
      return own.resolve("../../..").normalize();
    } catch (URISyntaxException e) {
      throw new IllegalStateException("a program at no place", e);
    }
  }
}
