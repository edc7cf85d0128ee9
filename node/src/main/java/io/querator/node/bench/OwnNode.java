package io.querator.node.bench;

import static java.util.Objects.requireNonNull;

import io.querator.node.bench.Options.Target;
import io.querator.node.process.ChildNode;
import io.querator.node.process.CleanUp;
import io.querator.storage.StorageException;
import io.querator.storage.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// A node in a process of its own on a free port, with a durable PostgreSQL in a temporary
/// directory. Neither outlives this object or this JVM.
final class OwnNode implements Subject {
  private static final String SCHEMA = "querator_bench";
  private static final Duration START = Duration.ofMinutes(2);
  private static final Duration STOP = Duration.ofSeconds(40);

  private final Path directory;
  private final CleanUp cleanUp;
  private final Thread hook = new Thread(this::end, "clean-up");

  private @Nullable EmbeddedPostgres embedded;
  private @Nullable Database database;
  private @Nullable ChildNode node;
  private boolean ended;

  private OwnNode(Path parent) throws IOException {
    directory = Files.createTempDirectory(Files.createDirectories(parent), "querator-bench-");
    cleanUp = new CleanUp(directory);
    Runtime.getRuntime().addShutdownHook(hook);
  }

  /// @param progress gets a line for whatever takes long
  static OwnNode start(Target target, Consumer<String> progress) throws InterruptedException {
    OwnNode node = null;
    try {
      node = new OwnNode(target.directory());
      node.run(target, progress);
      return node;
    } catch (IOException | StorageException e) {
      close(node);
      throw new BenchException("cannot start a node: " + e.getMessage(), e);
    } catch (RuntimeException | Error | InterruptedException e) {
      close(node);
      throw e;
    }
  }

  private static void close(@Nullable OwnNode node) {
    if (node != null) {
      node.close();
    }
  }

  private void run(Target target, Consumer<String> progress)
      throws IOException, InterruptedException {
    Map<String, String> settings = new HashMap<>(storage(target.database(), progress));
    progress.accept("starting a node");
    settings.put(ChildNode.variable("listen"), "127.0.0.1:0");
    List<String> jvm = new ArrayList<>();
    jvm.add("-XX:MaxRAMPercentage=25");
    jvm.addAll(target.nodeJvm());
    ChildNode started = ChildNode.start(directory, jvm, settings);
    node = started;
    cleanUp.watch(started.pid());
    started.awaitReady(START);
  }

  /// The settings of the node's storage, which is up when this returns.
  private Map<String, String> storage(@Nullable String url, Consumer<String> progress) {
    if (url != null) {
      database = Database.open(url).orElse(null);
      return isNamed(url)
          ? Map.of(variable("url"), url)
          : Map.of(variable("url"), url, variable("schema"), SCHEMA);
    }
    progress.accept("starting a database in " + directory);
    EmbeddedPostgres started = EmbeddedPostgres.start(directory.resolve("postgres"), progress);
    embedded = started;
    database = PostgresDatabase.open(started.jdbcUrl(), started.user(), started.password());
    return Map.of(
        variable("url"), started.jdbcUrl(),
        variable("user"), started.user(),
        variable("password"), started.password());
  }

  /// Whether the URL itself says what a schema would: on MySQL it is a database, and MongoDB has
  /// none.
  private static boolean isNamed(String url) {
    return url.startsWith("mongodb")
        || (url.startsWith("mysql:") || url.startsWith("mariadb:"))
            && DatabaseUri.parse(url).place().matches("[^/]+/.+");
  }

  private static String variable(String key) {
    return ChildNode.variable("storages.0." + key);
  }

  @Override
  public List<URI> uris() {
    return List.of(requireNonNull(node, "started").uri());
  }

  @Override
  public Optional<Database> database() {
    return Optional.ofNullable(database);
  }

  @Override
  public List<String> description() {
    return List.of("node: its own, " + place());
  }

  private String place() {
    if (embedded == null) {
      return "with the given database";
    }
    try {
      return "with an embedded database on a file system of type "
          + Files.getFileStore(directory).type();
    } catch (IOException e) {
      return "with an embedded database";
    }
  }

  /// Ends the node and the database and removes their directory.
  @Override
  public void close() {
    end();
    if (!Thread.currentThread().equals(hook)) {
      try {
        Runtime.getRuntime().removeShutdownHook(hook);
      } catch (IllegalStateException e) {
        // the JVM is ending already
      }
    }
  }

  /// Guarded by the lock of this object: the JVM may be told to end at any time.
  private synchronized void end() {
    if (ended) {
      return;
    }
    ended = true;
    try (cleanUp) {
      if (database != null) {
        database.close();
      }
      if (node != null) {
        node.stop(STOP);
        cleanUp.forget(node.pid());
      }
      if (embedded != null) {
        embedded.stop();
      }
    } catch (IOException e) {
      throw new BenchException("cannot clean up " + directory + ": " + e.getMessage(), e);
    }
  }
}
