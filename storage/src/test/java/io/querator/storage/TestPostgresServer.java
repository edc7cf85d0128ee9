package io.querator.storage;

import static org.awaitility.Awaitility.await;

import io.querator.storage.embedded.EmbeddedPostgres;
import io.querator.storage.embedded.TestAccount;
import io.querator.storage.embedded.TestPrograms;
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
    server = EmbeddedPostgres.start(directory, TestPrograms.folder(), System.out::println);
  }

  @Override
  public void stop() {
    running().stop();
    server = null;
  }

  @Override
  public void kill() {
    List<ProcessHandle> all = processes();
    running().leave();
    server = null;
    all.forEach(ProcessHandle::destroyForcibly);
    await()
        .atMost(Duration.ofSeconds(30))
        .until(() -> all.stream().noneMatch(ProcessHandle::isAlive));
  }

  /// The first one, which starts the others, before them.
  private List<ProcessHandle> processes() {
    ProcessHandle first = ProcessHandle.of(running().pid()).orElseThrow();
    return Stream.concat(Stream.of(first), first.descendants()).toList();
  }

  @Override
  public void pause() {
    signal("STOP");
  }

  @Override
  public void resume() {
    signal("CONT");
  }

  private void signal(String name) {
    processes().forEach(process -> signal(process, name));
  }

  private static void signal(ProcessHandle process, String name) {
    try {
      TestAccount.run(List.of("kill", "-" + name, Long.toString(process.pid())));
    } catch (IllegalStateException e) {
      // that of a session may have ended meanwhile
      if (process.isAlive()) {
        throw e;
      }
    }
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
      resume();
      stop();
    }
  }
}
