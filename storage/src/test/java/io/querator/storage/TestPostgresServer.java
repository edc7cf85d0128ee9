package io.querator.storage;

import static org.awaitility.Awaitility.await;

import io.querator.storage.embedded.EmbeddedPostgres;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// A PostgreSQL server that belongs to one test, which may end it and start it again on the same
/// data and port.
///
/// For one thread at a time.
public final class TestPostgresServer implements StoppableServer {
  private final Path directory;
  private @Nullable EmbeddedPostgres server;

  TestPostgresServer(Path directory) {
    this.directory = directory;
    start();
  }

  @Override
  public void start() {
    server = EmbeddedPostgres.start(directory, TestDirectories.programs(), System.out::println);
  }

  @Override
  public void stop() {
    running().stop();
    server = null;
  }

  @Override
  public void kill() {
    ProcessHandle first = ProcessHandle.of(running().pid()).orElseThrow();
    List<ProcessHandle> all = Stream.concat(Stream.of(first), first.descendants()).toList();
    running().leave();
    server = null;
    all.forEach(ProcessHandle::destroyForcibly);
    await()
        .atMost(Duration.ofSeconds(30))
        .until(() -> all.stream().noneMatch(ProcessHandle::isAlive));
  }

  /// Where its data is.
  public Path directory() {
    return directory;
  }

  /// The running server.
  public EmbeddedPostgres running() {
    if (server == null) {
      throw new IllegalStateException("the server is not running");
    }
    return server;
  }

  /// Its database; the same URL after a restart, unless another process took the port meanwhile.
  public TestPostgres.Database database() {
    return new TestPostgres.Database(running().jdbcUrl(), running().user(), running().password());
  }

  @Override
  public void close() {
    if (server != null) {
      stop();
    }
  }
}
