package io.querator.node.contract;

import static java.util.Objects.requireNonNull;

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
import org.jspecify.annotations.Nullable;

/// A whole node in this JVM, on a free port and a database of its own: PostgreSQL, unless a test
/// says otherwise.
///
/// A test that needs no node for itself takes the shared one: see [SharedServer].
public final class TestServer implements AutoCloseable {
  static {
    Awaitility.setDefaultPollDelay(Duration.ZERO);
    Awaitility.setDefaultPollInterval(Duration.ofMillis(10));
  }

  private final @Nullable Database database;
  private final Path data;
  private final List<String> flags;
  private final ApiClient api;
  private Node node;

  private TestServer(@Nullable Database database, List<String> flags) {
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
    List<String> all = new ArrayList<>(List.of(flags));
    all.addAll(storage(0, database.jdbcUrl(), database.user(), database.password()));
    return new TestServer(database, all);
  }

  /// A server on databases of any kind, which `flags` name by [#storage].
  public static TestServer onStorages(List<String> flags) {
    return new TestServer(null, flags);
  }

  /// The flags for the storage number `index`.
  public static List<String> storage(int index, String url, String user, String password) {
    String flag = "--storages-" + index;
    List<String> flags = new ArrayList<>();
    flags.add(flag + "-name=" + (index == 0 ? "default" : "storage-" + index));
    flags.add(flag + "-url=" + url);
    if (!user.isEmpty()) {
      flags.add(flag + "-user=" + user);
    }
    if (!password.isEmpty()) {
      flags.add(flag + "-password=" + password);
    }
    return flags;
  }

  private Node started() {
    List<String> arguments = new ArrayList<>(flags);
    arguments.add("--listen=127.0.0.1:0");
    arguments.add("--data=" + data);
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

  /// The PostgreSQL database that it was given.
  Database database() {
    return requireNonNull(database, "no PostgreSQL");
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
