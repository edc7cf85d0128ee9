package io.querator.node.bench;

import io.querator.node.process.ProcessTimes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import org.jspecify.annotations.Nullable;

/// What MySQL or MariaDB tells.
final class MysqlDatabase implements Database {
  private static final int VALUE = 2;

  /// Those of a URL that nodes understand, in the words of the driver.
  private static final Map<String, String> TLS =
      Map.of(
          "require", "trust",
          "verify-ca", "verify-ca",
          "verify-full", "verify-full");

  private final SqlSession session;
  private final @Nullable Long server;

  private MysqlDatabase(SqlSession session) {
    this.session = session;
    server = server(session);
  }

  /// @param url as `mysql://user:password@host:port/name?sslmode=…`
  static MysqlDatabase open(String url) {
    DatabaseUri uri = DatabaseUri.parse(url);
    Properties properties = uri.credentials();
    properties.setProperty("allowPublicKeyRetrieval", "true");
    String tls = TLS.get(uri.parameters().getOrDefault("sslmode", ""));
    if (tls != null) {
      properties.setProperty("sslMode", tls);
    }
    String authority = uri.parameters().get("sslrootcert");
    if (authority != null && !authority.equals("system")) {
      properties.setProperty("serverSslCert", DatabaseUri.decode(authority));
    }
    return new MysqlDatabase(SqlSession.open("jdbc:mariadb://" + uri.place(), properties));
  }

  @Override
  public String durability() {
    return "%s %s, innodb_flush_log_at_trx_commit=%s, log_bin=%s, sync_binlog=%s, innodb_doublewrite=%s"
        .formatted(
            session.text("SELECT IF(@@version LIKE '%MariaDB%', 'MariaDB', 'MySQL')"),
            session.text("SELECT SUBSTRING_INDEX(@@version, '-', 1)"),
            session.text("SELECT @@innodb_flush_log_at_trx_commit"),
            session.text("SELECT @@log_bin"),
            session.text("SELECT @@sync_binlog"),
            session.text("SELECT @@innodb_doublewrite"));
  }

  /// Of the redo log, without the binary log; since the server started.
  @Override
  public long walBytes() {
    return status("Innodb_os_log_written");
  }

  /// Since the server started, of all databases.
  @Override
  public long deadRows() {
    return status("Handler_delete") + status("Handler_update");
  }

  private long status(String name) {
    return Long.parseLong(session.text("SHOW GLOBAL STATUS LIKE '" + name + "'", VALUE));
  }

  /// Of all databases that the user may see: the nodes' may be another one than that of the URL.
  @Override
  public long bytes() {
    return session.number(
        "SELECT COALESCE(SUM(data_length + index_length), 0) FROM information_schema.tables"
            + " WHERE engine = 'InnoDB'");
  }

  @Override
  public Connection holdSnapshot() {
    return session.holdSnapshot(
        "SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ",
        "START TRANSACTION WITH CONSISTENT SNAPSHOT");
  }

  @Override
  public Optional<Duration> cpu() {
    return server == null ? Optional.empty() : ProcessTimes.family(server);
  }

  /// The server's process, if it is one of this machine: the file with its number must be here, and
  /// that process be such a server.
  private static @Nullable Long server(SqlSession session) {
    Path file =
        Path.of(session.text("SELECT @@datadir")).resolve(session.text("SELECT @@pid_file"));
    try {
      long pid = Long.parseLong(Files.readString(file).strip());
      String command = ProcessTimes.commandLine(pid);
      return command.contains("mysqld") || command.contains("mariadbd") ? pid : null;
    } catch (IOException | NumberFormatException e) {
      // it runs elsewhere, or we may not see it
      return null;
    }
  }

  @Override
  public void close() {
    session.close();
  }
}
