package io.querator.chaos.cluster;

import io.querator.chaos.network.Link;
import io.querator.storage.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;

/// The PostgreSQL server of a run. Used by one thread, but for [#port()].
public final class Database implements AutoCloseable {
  private final Path directory;
  private volatile EmbeddedPostgres server;

  Database(Path directory) {
    this.directory = directory;
    server = EmbeddedPostgres.start(directory, _ -> {});
  }

  /// Where it listens; another port after each [#start()].
  int port() {
    return server.port();
  }

  /// How a node reaches it.
  ///
  /// @param link leads here
  Map<String, String> settings(Link link) {
    return Map.of(
        "storages.0.url", "jdbc:postgresql://" + link.entry() + "/" + EmbeddedPostgres.DATABASE,
        "storages.0.user", server.user(),
        "storages.0.password", server.password());
  }

  /// Kills its first process, whose children end with it. It is started again within about a
  /// second.
  public void kill() throws IOException, InterruptedException {
    new ProcessBuilder("kill", "-9", Long.toString(server.pid())).start().waitFor();
  }

  public void stop() {
    server.stop();
  }

  /// Starts it again after a stop.
  public void start() {
    server = EmbeddedPostgres.start(directory, _ -> {});
  }

  @Override
  public void close() {
    server.stop();
  }
}
