package io.querator.node.trial;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.charset.Charset;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Predicate;

/// Takes commands for a trial cluster, a line each, until it is to end.
public final class TrialConsole {
  private static final int LINES_MAX = 100;
  private static final long LOOK_MILLIS = 100;
  private static final long FAIL_OVER_MILLIS = 15_000;
  private static final long POLL_NANOS = TimeUnit.MILLISECONDS.toNanos(50);

  private static final String HELP =
      """
      status            who owns what (also: ./querator cluster status, or GET /cluster)
      kill n2           as kill -9; the others take its partitions
      stop n2           as SIGTERM; the others take its partitions first
      start n2          starts it again
      pause n2          it hangs, as by SIGSTOP
      resume n2         it goes on
      add               one node more
      quit              stops all of it, as Ctrl-C does\
      """;

  private final TrialCluster cluster;
  private final PrintStream out;
  private final boolean prompts;
  private final BlockingQueue<String> lines = new ArrayBlockingQueue<>(LINES_MAX);
  private boolean ended;

  /// @param terminal whether a person types the commands
  public TrialConsole(TrialCluster cluster, InputStream in, PrintStream out, boolean terminal) {
    this.cluster = cluster;
    this.out = out;
    prompts = terminal;
    Thread.ofPlatform().daemon().name("console").start(() -> read(in));
  }

  private void read(InputStream in) {
    try (var reader = new BufferedReader(new InputStreamReader(in, Charset.defaultCharset()))) {
      for (String line = reader.readLine(); line != null; line = reader.readLine()) {
        lines.put(line);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /// Runs commands until `asked` completes or one says so. The end of the input ends nothing: a
  /// cluster may run in the background.
  public void run(CompletableFuture<?> asked) throws InterruptedException {
    out.println();
    status();
    out.println("Commands, beside Ctrl-C which stops all of it:\n\n" + HELP + "\n");
    prompt();
    while (!ended && !asked.isDone()) {
      String line = lines.poll(LOOK_MILLIS, TimeUnit.MILLISECONDS);
      if (line != null) {
        execute(line.strip());
        prompt();
      }
    }
  }

  private void prompt() {
    if (prompts && !ended) {
      out.print("> ");
    }
    out.flush();
  }

  private void execute(String line) throws InterruptedException {
    String[] words = line.split("\\s+", -1);
    try {
      switch (words.length == 1 ? words[0] : words[0] + " …") {
        case "" -> {}
        case "status" -> status();
        case "add" -> joined(cluster.add());
        case "quit", "exit" -> ended = true;
        case "kill …" -> kill(words[1]);
        case "stop …" -> {
          cluster.stop(words[1]);
          settled("", _ -> true);
        }
        case "start …" -> {
          cluster.start(words[1]);
          joined(words[1]);
        }
        case "pause …" -> {
          cluster.pause(words[1], true);
          settled(words[1] + " hangs", view -> !view.has(words[1]));
        }
        case "resume …" -> {
          cluster.pause(words[1], false);
          settled(words[1] + " goes on", view -> view.has(words[1]));
        }
        default -> out.println(HELP);
      }
    } catch (TrialException e) {
      out.println(e.getMessage());
    }
  }

  private void kill(String name) throws InterruptedException {
    long killed = System.nanoTime();
    cluster.kill(name);
    settled("", view -> !view.has(name));
    out.printf(
        "%.1f s after the kill, every partition is served.%n", (System.nanoTime() - killed) / 1e9);
  }

  private void joined(String name) throws InterruptedException {
    settled(name + " serves", view -> view.has(name));
  }

  /// Waits until the cluster knows what has happened, and prints it.
  private void settled(String message, Predicate<ClusterStatus> done) throws InterruptedException {
    if (!message.isEmpty()) {
      out.println(message);
    }
    long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(FAIL_OVER_MILLIS);
    ClusterStatus status = cluster.ask();
    while (!(done.test(status) && status.servesAll())) {
      if (System.nanoTime() > end) {
        out.println("after " + FAIL_OVER_MILLIS / 1_000 + " s it is still so:");
        break;
      }
      LockSupport.parkNanos(POLL_NANOS);
      status = cluster.ask();
    }
    out.println(status.text());
  }

  private void status() throws InterruptedException {
    out.println(cluster.ask().text());
    List<String> processes =
        cluster.names().stream().map(name -> name + " " + process(name)).toList();
    out.println("processes: " + String.join(", ", processes) + "\n");
  }

  private String process(String name) {
    return cluster.node(name).isAlive() ? Long.toString(cluster.node(name).pid()) : "ended";
  }
}
