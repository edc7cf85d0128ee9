package io.querator.storage;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.EnumMap;
import java.util.Map;
import java.util.UUID;

/// Real MySQL 8.0 and MariaDB 11.4 servers for tests: one of each for all tests of this JVM, and
/// one of each for those that change its settings, started when first asked for, in a temporary
/// directory. Or those that the variables `QUERATOR_TEST_MYSQL` and `QUERATOR_TEST_MARIADB` name,
/// `mysql://user:password@host:port`, whose user may do everything; a test that stops a server, or
/// changes its settings, starts its own nevertheless.
///
/// Nothing is left behind, even if this JVM is killed, but databases `test_…` on a given server.
/// Where a server cannot run the test is skipped, with a word. Safe for use by several threads.
public final class TestMysql {
  /// Which of the two.
  public enum Kind {
    MYSQL,
    MARIADB;

    /// As URLs begin.
    public String scheme() {
      return this == MYSQL ? "mysql://" : "mariadb://";
    }
  }

  /// Where a test finds its database, and as whom. The user may do everything.
  ///
  /// @param place `host:port/database`
  public record Database(Kind kind, String place, String user, String password) {
    /// As a user of Querator writes it, without user and password. What is sent can be read by a
    /// proxy.
    public String url() {
      return kind.scheme() + place + "?sslmode=disable";
    }

    /// The name of the database.
    public String name() {
      return place.substring(place.indexOf('/') + 1);
    }

    /// A new connection, for the test to close. Statements may be several, parted by `;`.
    public Connection connect() throws SQLException {
      return DriverManager.getConnection(
          "jdbc:mariadb://" + place + "?allowMultiQueries=true&allowPublicKeyRetrieval=true",
          user,
          password);
    }

    public int port() {
      return Integer.parseInt(place.substring(place.indexOf(':') + 1, place.indexOf('/')));
    }

    /// The same database, reached elsewhere.
    ///
    /// @param entry `host:port`, such as that of a proxy
    public Database at(String entry) {
      return new Database(kind, entry + place.substring(place.indexOf('/')), user, password);
    }

    /// The same server, with another database.
    public Database named(String name) {
      return new Database(kind, place.substring(0, place.indexOf('/') + 1) + name, user, password);
    }
  }

  /// What a class of tests locks, by `@ResourceLock`, that uses the changeable MySQL.
  public static final String MYSQL_SETTINGS = "io.querator.storage.settings-of-mysql";

  /// The same for MariaDB.
  public static final String MARIADB_SETTINGS = "io.querator.storage.settings-of-mariadb";

  private static final Map<Kind, Database> SHARED = new EnumMap<>(Kind.class);
  private static final Map<Kind, Database> CHANGEABLE = new EnumMap<>(Kind.class);

  private TestMysql() {}

  /// A fresh, empty database on the shared server, for its caller alone.
  public static Database database(Kind kind) {
    return create(shared(kind));
  }

  /// The same on a server whose settings a test may change, if it puts them back: one class of
  /// tests at a time, which holds [#MYSQL_SETTINGS] or [#MARIADB_SETTINGS].
  public static Database changeableDatabase(Kind kind) {
    return create(changeable(kind));
  }

  static Database create(Database server) {
    Database fresh = server.named("test_" + UUID.randomUUID().toString().replace("-", ""));
    try (Connection connection = server.connect();
        Statement statement = connection.createStatement()) {
      statement.execute("CREATE DATABASE " + fresh.name());
    } catch (SQLException e) {
      throw new IllegalStateException("cannot create database " + fresh.name(), e);
    }
    return fresh;
  }

  /// A server for its caller alone, which it may stop, kill and start again.
  ///
  /// @param options of the server, which overrule those that it gets otherwise
  public static TestMysqlServer ownServer(Kind kind, String... options) {
    try {
      return new TestMysqlServer(kind, options);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static synchronized Database changeable(Kind kind) {
    return CHANGEABLE.computeIfAbsent(kind, TestMysql::started);
  }

  /// A database that always exists.
  private static synchronized Database shared(Kind kind) {
    return SHARED.computeIfAbsent(
        kind,
        _ ->
            GivenServer.in("QUERATOR_TEST_" + kind)
                .map(server -> given(kind, server))
                .orElseGet(() -> started(kind)));
  }

  private static Database given(Kind kind, GivenServer server) {
    Database database =
        new Database(kind, server.place() + "/mysql", server.user(), server.password());
    System.out.println("test database: " + version(database) + ", given, " + server.place());
    return database;
  }

  @SuppressWarnings("resource") // ends with the JVM
  private static Database started(Kind kind) {
    Database database = ownServer(kind).database();
    System.out.println("test database: " + version(database) + ", " + database);
    return database;
  }

  /// What a server calls itself.
  static String version(Database database) {
    try (Connection connection = database.connect();
        Statement statement = connection.createStatement();
        ResultSet row =
            statement.executeQuery("SELECT CONCAT(@@version, ' (', @@version_comment, ')')")) {
      row.next();
      return database.kind() + " " + row.getString(1);
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }
}
