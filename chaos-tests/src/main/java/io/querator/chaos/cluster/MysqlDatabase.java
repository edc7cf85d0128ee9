package io.querator.chaos.cluster;

import io.querator.storage.TestMysql;
import io.querator.storage.TestMysqlServer;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Map;
import java.util.Optional;

/// A MySQL or MariaDB server as the tests of the storage start it: durable, with a binary log, and
/// gone with this JVM.
final class MysqlDatabase implements Database {
  private final TestMysqlServer server;
  private final TestMysql.Database database;
  private final InetSocketAddress address;

  MysqlDatabase(TestMysql.Kind kind) {
    server = TestMysql.ownServer(kind);
    database = server.createDatabase();
    address = new InetSocketAddress(InetAddress.getLoopbackAddress(), database.port());
  }

  /// The same after each start.
  @Override
  public Optional<InetSocketAddress> address() {
    return Optional.of(address);
  }

  @Override
  public Map<String, String> settings(String entry) {
    return Map.of(
        "url", database.at(entry).url(),
        "user", database.user(),
        "password", database.password());
  }

  @Override
  public void kill() {
    server.kill();
    server.start();
  }

  @Override
  public void stop() {
    server.stop();
  }

  @Override
  public void start() {
    server.start();
  }

  @Override
  public void close() {
    server.close();
  }
}
