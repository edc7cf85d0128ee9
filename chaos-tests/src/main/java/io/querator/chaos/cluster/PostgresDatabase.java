package io.querator.chaos.cluster;

import io.querator.storage.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/// PostgreSQL as a node embeds it. It starts again by itself about a second after it was killed.
final class PostgresDatabase implements Database {
  private final Path directory;
  private volatile EmbeddedPostgres server;

  /// @param directory that [io.querator.node.process.CleanUp] looks into
  PostgresDatabase(Path directory) {
    this.directory = directory;
    server = EmbeddedPostgres.start(directory, _ -> {});
  }

  @Override
  public Optional<InetSocketAddress> address() {
    return Optional.of(new InetSocketAddress(InetAddress.getLoopbackAddress(), server.port()));
  }

  @Override
  public Map<String, String> settings(String entry) {
    return Map.of(
        "url", "jdbc:postgresql://" + entry + "/" + EmbeddedPostgres.DATABASE,
        "user", server.user(),
        "password", server.password());
  }

  /// Kills its first process, whose children end with it.
  @Override
  public void kill() throws IOException, InterruptedException {
    new ProcessBuilder("kill", "-9", Long.toString(server.pid())).start().waitFor();
  }

  @Override
  public void stop() {
    server.stop();
  }

  @Override
  public void start() {
    server = EmbeddedPostgres.start(directory, _ -> {});
  }

  @Override
  public void close() {
    server.stop();
  }
}
