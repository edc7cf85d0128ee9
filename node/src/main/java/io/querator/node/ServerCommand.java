package io.querator.node;

import static java.util.Objects.requireNonNull;

import io.querator.node.config.CommandLine;
import io.querator.node.config.InvalidSettingsException;
import io.querator.node.config.LogFormat;
import io.querator.node.config.NodeSettings;
import io.querator.node.config.Rendering;
import io.querator.node.config.SettingsReader;
import io.querator.node.log.Logging;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// `querator server`: runs a node until it is asked to stop.
final class ServerCommand {
  static final SubCommand COMMAND =
      new SubCommand("server", "run a node (the default)", ServerCommand::run);

  private static final Logger log = LoggerFactory.getLogger(ServerCommand.class);

  private ServerCommand() {}

  private static int run(List<String> arguments) throws InterruptedException {
    try {
      CommandLine commandLine = CommandLine.parse(arguments);
      return switch (commandLine.request()) {
        case HELP -> print(Help.text());
        case VERSION -> print("querator " + NodeVersion.text());
        case CHECK -> print(Rendering.yaml(read(commandLine).settings()).stripTrailing());
        case RUN -> serve(read(commandLine));
      };
    } catch (InvalidSettingsException e) {
      e.lines().forEach(line -> System.err.println("querator: " + line));
      return ExitStatus.USAGE;
    }
  }

  private static int print(String text) {
    System.out.println(text);
    return ExitStatus.OK;
  }

  private static SettingsReader.Read read(CommandLine commandLine) {
    return SettingsReader.read(commandLine, System.getenv());
  }

  private static int serve(SettingsReader.Read read) throws InterruptedException {
    NodeSettings settings = read.settings();
    Logging.apply(settings.log());
    SettingsLog.write(read);
    StopSignals signals = StopSignals.install();
    Node node = new Node(settings);
    CompletableFuture<Void> started = new CompletableFuture<>();
    Thread.ofPlatform().name("start").start(() -> start(node, started));
    try {
      CompletableFuture.anyOf(started, signals.asked()).get();
      if (started.isDone()) {
        announce(settings, node);
        signals.asked().get();
      }
      return close(node) ? ExitStatus.OK : ExitStatus.FAILED;
    } catch (ExecutionException e) {
      close(node);
      tell(requireNonNull(e.getCause()), settings.log().format());
      return ExitStatus.FAILED;
    }
  }

  private static void start(Node node, CompletableFuture<Void> started) {
    try {
      node.start();
      started.complete(null);
    } catch (Throwable t) {
      started.completeExceptionally(t);
    }
  }

  private static void announce(NodeSettings settings, Node node) {
    if (settings.log().format() == LogFormat.TEXT) {
      System.out.println(Welcome.text(settings.listen().at(node.port())));
      System.out.flush();
    }
  }

  /// Says why the node did not start: in a sentence where it is known what is wrong.
  private static void tell(Throwable failure, LogFormat format) {
    boolean known = failure instanceof StartException;
    if (!known || format == LogFormat.JSON) {
      log.atError().setCause(known ? null : failure).log(String.valueOf(failure.getMessage()));
    }
    System.err.println("querator: " + (known ? failure.getMessage() : "cannot start: " + failure));
  }

  private static boolean close(Node node) {
    try {
      node.close();
      log.atInfo().log("stopped");
      return true;
    } catch (RuntimeException e) {
      log.atError().setCause(e).log("did not stop as it should");
      return false;
    }
  }
}
