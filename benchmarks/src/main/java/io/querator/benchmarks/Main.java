package io.querator.benchmarks;

import io.querator.benchmarks.sides.LoadException;
import io.querator.client.QueratorException;
import io.querator.node.text.UsageException;
import io.querator.storage.StorageException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.List;

/// `querator bench compare`, `querator bench idle` and `querator bench micro`. Progress goes to the
/// standard error.
public final class Main {
  private static final int USAGE = 2;
  private static final int FAILED = 1;

  private Main() {}

  /// What one command does with its arguments.
  private interface Command {
    void run(List<String> arguments) throws IOException, SQLException, InterruptedException;
  }

  /// Exits with 1 if it failed, with 2 if the arguments are wrong.
  public static void main(String[] arguments) throws Exception {
    System.setProperty("logback.configurationFile", "logback-benchmarks.xml");
    List<String> words = Arrays.asList(arguments);
    String name = words.isEmpty() ? "" : words.getFirst();
    List<String> rest = words.isEmpty() ? words : words.subList(1, words.size());
    switch (name) {
      case "compare" -> System.exit(run(Main::compare, rest, Options.USAGE));
      case "idle" -> System.exit(run(Main::idle, rest, IdleOptions.USAGE));
      case "micro" -> org.openjdk.jmh.Main.main(rest.toArray(String[]::new));
      default -> {
        tell("the first argument must be one of compare, idle and micro");
        System.exit(USAGE);
      }
    }
  }

  private static int run(Command command, List<String> arguments, String usage)
      throws InterruptedException {
    if (arguments.contains("--help")) {
      System.out.println(usage);
      return 0;
    }
    try {
      command.run(arguments);
      return 0;
    } catch (UsageException e) {
      tell(String.valueOf(e.getMessage()));
      return USAGE;
    } catch (IOException | SQLException | LoadException | QueratorException | StorageException e) {
      tell(String.valueOf(e.getMessage()));
      return FAILED;
    }
  }

  private static void compare(List<String> arguments)
      throws IOException, SQLException, InterruptedException {
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
  }

  private static void idle(List<String> arguments)
      throws IOException, SQLException, InterruptedException {
    Idle.of(IdleOptions.parse(arguments), Main::tell).forEach(System.out::println);
  }

  private static void tell(String line) {
    System.err.println("querator: " + line);
  }
}
