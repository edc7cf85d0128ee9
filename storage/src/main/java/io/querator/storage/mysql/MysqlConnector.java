package io.querator.storage.mysql;

import io.querator.storage.sql.Connector;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Properties;
import org.jspecify.annotations.Nullable;
import org.mariadb.jdbc.Driver;

/// Connects by MariaDB's driver, which knows both servers. Of several hosts the first one is taken
/// that may be written to.
final class MysqlConnector implements Connector {
  /// What is done with a new connection.
  @FunctionalInterface
  interface Preparation {
    void prepare(Connection connection) throws SQLException;
  }

  private static final String CONNECT_MILLIS = "2000";

  private final MysqlUrl url;
  private final Properties properties;
  private final Preparation preparation;
  private final Driver driver = new Driver();
  private volatile boolean withoutTls;

  /// @param silentSeconds after which a connection gives up on a silent server
  MysqlConnector(MysqlSettings settings, int silentSeconds, Preparation preparation) {
    this.url = MysqlUrl.parse(settings.url());
    this.properties = properties(settings, silentSeconds);
    this.preparation = preparation;
  }

  private Properties properties(MysqlSettings settings, int silentSeconds) {
    Properties made = new Properties();
    made.setProperty("connectTimeout", CONNECT_MILLIS);
    made.putAll(url.properties());
    put(made, "user", settings.user(), url.user());
    put(made, "password", settings.password(), url.password());
    made.setProperty("socketTimeout", Integer.toString(silentSeconds * 1_000));
    made.setProperty("tcpKeepAlive", "true");
    made.setProperty("connectionAttributes", "program_name:querator");
    made.setProperty("autocommit", "true");
    // A turn is one packet of several statements, which the server stops at the first error.
    made.setProperty("allowMultiQueries", "true");
    made.setProperty("useServerPrepStmts", "false");
    made.setProperty("disablePipeline", "true");
    return made;
  }

  private static void put(
      Properties properties, String name, @Nullable String first, @Nullable String second) {
    String value = first != null ? first : second;
    if (value != null) {
      properties.setProperty(name, value);
    }
  }

  @Override
  public Connection connect() throws SQLException {
    SQLException failure = null;
    for (String host : url.hosts()) {
      try {
        Connection connection = connect(host);
        if (url.hosts().size() == 1 || Session.isWritable(connection)) {
          return connection;
        }
        connection.close();
        failure = new SQLException(host + " is read-only", "08004");
      } catch (SQLException e) {
        failure = failure == null ? e : chained(failure, e);
      }
    }
    if (failure == null) {
      throw new IllegalStateException("no host in " + url);
    }
    throw failure;
  }

  private static SQLException chained(SQLException first, SQLException next) {
    first.addSuppressed(next);
    return first;
  }

  private Connection connect(String host) throws SQLException {
    Connection connection = withTls(host);
    try {
      preparation.prepare(connection);
      return connection;
    } catch (SQLException e) {
      connection.close();
      throw e;
    }
  }

  /// The driver does not know how to prefer TLS: it is tried first.
  private Connection withTls(String host) throws SQLException {
    return switch (url.tls()) {
      case DISABLE -> plain(host);
      case REQUIRE -> connect(host, "trust");
      case VERIFY_CA -> connect(host, "verify-ca");
      case VERIFY_FULL -> connect(host, "verify-full");
      case PREFER -> withoutTls ? plain(host) : preferTls(host);
    };
  }

  private Connection preferTls(String host) throws SQLException {
    try {
      return connect(host, "trust");
    } catch (SQLException e) {
      if (!String.valueOf(e.getMessage()).contains("ssl not enabled in the server")) {
        throw e;
      }
      Connection connection = plain(host);
      withoutTls = true;
      return connection;
    }
  }

  /// Without TLS a server that keeps passwords as SHA-256 has to send its key first.
  private Connection plain(String host) throws SQLException {
    return connect(host, "disable");
  }

  private Connection connect(String host, String sslMode) throws SQLException {
    Properties all = new Properties();
    all.putAll(properties);
    all.setProperty("sslMode", sslMode);
    if (sslMode.equals("disable")) {
      all.setProperty("allowPublicKeyRetrieval", "true");
    }
    Connection connection = driver.connect("jdbc:mariadb://" + host + "/", all);
    if (connection == null) {
      throw new SQLException("the driver does not accept " + host, "08001");
    }
    return connection;
  }

  /// Who this connects as, for messages.
  String as() {
    String user = properties.getProperty("user");
    return user == null ? "" : " as " + user;
  }
}
