package io.querator.node;

import io.querator.node.bench.Bench;
import java.util.List;
import org.slf4j.LoggerFactory;

/// Where the process begins: `querator [sub-command] [arguments]`. Without a sub-command it is a
/// server.
public final class Main {
  private static final int OUT_OF_MEMORY = 3;

  /// All sub-commands; the first is taken where none is named.
  static final List<SubCommand> COMMANDS =
      List.of(
          ServerCommand.COMMAND,
          ClusterCommand.COMMAND,
          PartitionsCommand.COMMAND,
          new SubCommand("bench", "measure this machine; see querator bench --help", Bench::run));

  private Main() {}

  public static void main(String[] arguments) {
    Thread.setDefaultUncaughtExceptionHandler(Main::uncaught);
    int status = ExitStatus.FAILED;
    try {
      status = run(List.of(arguments));
    } catch (RuntimeException | Error | InterruptedException e) {
      uncaught(Thread.currentThread(), e);
    }
    // whatever threads there still are
    System.exit(status);
  }

  private static int run(List<String> arguments) throws InterruptedException {
    if (arguments.isEmpty() || arguments.getFirst().startsWith("-")) {
      return COMMANDS.getFirst().action().run(arguments);
    }
    for (SubCommand command : COMMANDS) {
      if (command.name().equals(arguments.getFirst())) {
        return command.action().run(arguments.subList(1, arguments.size()));
      }
    }
    System.err.println(
        "querator: there is no sub-command '" + arguments.getFirst() + "'; see querator --help");
    return ExitStatus.USAGE;
  }

  /// A thread that dies unexpectedly is told of. Without memory nothing can be relied on: the
  /// process ends, and the next start finds everything that was acknowledged.
  private static void uncaught(Thread thread, Throwable thrown) {
    try {
      LoggerFactory.getLogger(Main.class)
          .atError()
          .addKeyValue("thread", thread.getName())
          .setCause(thrown)
          .log("thread died");
    } finally {
      if (thrown instanceof VirtualMachineError && !(thrown instanceof StackOverflowError)) {
        Runtime.getRuntime().halt(OUT_OF_MEMORY);
      }
    }
  }
}
