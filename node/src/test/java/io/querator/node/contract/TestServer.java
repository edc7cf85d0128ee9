package io.querator.node.contract;

import io.querator.client.ClientSettings;
import io.querator.client.QueratorClient;
import io.querator.client.message.QueueInfo;
import io.querator.node.Node;
import io.querator.node.config.CommandLine;
import io.querator.node.config.NodeSettings;
import io.querator.node.config.SettingsReader;
import io.querator.storage.TestDirectories;
import io.querator.storage.TestPostgres;
import io.querator.storage.TestPostgres.Database;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.UnaryOperator;
import org.awaitility.Awaitility;

/// A whole node in this JVM, on a free port and a PostgreSQL database of its own.
///
/// A test that needs no node for itself takes the shared one: see [SharedServer].
public final class TestServer implements AutoCloseable {
  static {
    Awaitility.setDefaultPollDelay(Duration.ZERO);
    Awaitility.setDefaultPollInterval(Duration.ofMillis(10));
  }

  private final Database database;
  private final Path data;
  private final List<String> flags;
  private final ApiClient api;
  private Node node;

  private TestServer(Database database, List<String> flags) {
    this.database = database;
    try {
      data = TestDirectories.create("server");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    this.flags = flags;
    node = started();
    api = new ApiClient(this::uri);
  }

  /// A server on an empty database.
  ///
  /// @param flags as on the command line, such as `--http-calls-max=10`
  public static TestServer start(String... flags) {
    return on(TestPostgres.database(), flags);
  }

  /// A server on a given database.
  public static TestServer on(Database database, String... flags) {
    return new TestServer(database, List.of(flags));
  }

  private Node started() {
    List<String> arguments = new ArrayList<>(flags);
    arguments.add("--listen=127.0.0.1:0");
    arguments.add("--data=" + data);
    arguments.add("--storage=" + database.jdbcUrl());
    arguments.add("--storages-0-user=" + database.user());
    if (!database.password().isEmpty()) {
      arguments.add("--storages-0-password=" + database.password());
    }
    NodeSettings settings = SettingsReader.read(CommandLine.parse(arguments), Map.of()).settings();
    Node starting = new Node(settings);
    try {
      starting.start();
    } catch (RuntimeException e) {
      starting.close();
      throw e;
    }
    return starting;
  }

  /// Stops the node and starts another one on the same database, on another port.
  public void restart() {
    node.close();
    node = started();
  }

  public int port() {
    return node.port();
  }

  public URI uri() {
    return URI.create("http://127.0.0.1:" + port());
  }

  Database database() {
    return database;
  }

  /// Speaks to it, also after a restart.
  public ApiClient api() {
    return api;
  }

  /// A client as users have it, for the caller to close.
  public QueratorClient client() {
    return new QueratorClient(ClientSettings.builder(List.of(uri())).build());
  }

  /// A new queue of one partition: leases of a minute, items of a day, no limit of attempts.
  public TestQueue queue() {
    return queue(info -> info);
  }

  /// A new queue.
  ///
  /// @param change of the definition of [#queue()]
  public TestQueue queue(UnaryOperator<QueueInfo.Builder> change) {
    return queue(change, freshName());
  }

  /// A new queue of a given name.
  public TestQueue queue(UnaryOperator<QueueInfo.Builder> change, String name) {
    return TestQueue.create(api, name, change);
  }

  /// A name that no queue has.
  public static String freshName() {
    return "queue-" + UUID.randomUUID();
  }

  @Override
  public void close() {
    api.close();
    node.close();
  }
}
