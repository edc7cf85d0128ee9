package io.querator.benchmarks;

import io.querator.benchmarks.sides.LoadException;
import io.querator.node.text.UsageException;
import io.querator.storage.StorageException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.List;

/// `querator bench compare` and `querator bench micro`. Progress goes to the standard error.
public final class Main {
  private static final int USAGE = 2;
  private static final int FAILED = 1;
  private static final String MICRO = "micro";
  private static final List<String> COMMANDS = List.of("compare", MICRO);

  private Main() {}

  /// Exits with 1 if it failed, with 2 if the arguments are wrong.
  public static void main(String[] arguments) throws Exception {
    System.setProperty("logback.configurationFile", "logback-benchmarks.xml");
    List<String> words = Arrays.asList(arguments);
    if (words.isEmpty() || !COMMANDS.contains(words.getFirst())) {
      tell("the first argument must be one of " + COMMANDS);
      System.exit(USAGE);
    }
    List<String> rest = words.subList(1, words.size());
    if (words.getFirst().equals(MICRO)) {
      org.openjdk.jmh.Main.main(rest.toArray(String[]::new));
    } else {
      System.exit(compare(rest));
    }
  }

  private static int compare(List<String> arguments) throws InterruptedException {
    if (arguments.contains("--help")) {
      System.out.println(Options.USAGE);
      return 0;
    }
    try {
      Options options = Options.parse(arguments);
      if (options.install()) {
        Installation.run(Main::tell);
      }
      Result result = Comparison.of(options, Main::tell);
      System.out.println(result.text());
      Path json = options.json();
      if (json != null) {
        Files.writeString(json, result.json());
      }
      return 0;
    } catch (UsageException e) {
      tell(String.valueOf(e.getMessage()));
      return USAGE;
    } catch (IOException | SQLException | LoadException | StorageException e) {
      tell(String.valueOf(e.getMessage()));
      return FAILED;
    }
  }

  private static void tell(String line) {
    System.err.println("querator: " + line);
  }
}
