package io.querator.storage;

import static org.assertj.core.api.Assertions.assertThat;

import io.querator.storage.TestMysql.Kind;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// The servers that other tests rely on.
final class TestMysqlIT {
  @ParameterizedTest
  @EnumSource
  void databasesAreFreshAndDurable(Kind kind) throws SQLException {
    TestMysql.Database one = TestMysql.database(kind);
    TestMysql.Database other = TestMysql.database(kind);

    assertThat(one).isNotEqualTo(other);
    assertThat(
            query(
                one,
                "SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = DATABASE()"))
        .isEqualTo("0");
    assertThat(query(one, "SELECT @@version")).contains(kind == Kind.MYSQL ? "8.0." : "MariaDB");
    assertThat(query(one, "SELECT @@innodb_flush_log_at_trx_commit + @@sync_binlog"))
        .isEqualTo("2");
    assertThat(query(one, "SELECT @@log_bin")).isEqualTo("1");
  }

  @ParameterizedTest
  @EnumSource
  void keepsItsDataWhenItIsKilled(Kind kind) throws SQLException {
    try (TestMysqlServer server = TestMysql.ownServer(kind)) {
      TestMysql.Database database = server.createDatabase();
      try (Connection connection = database.connect();
          Statement statement = connection.createStatement()) {
        statement.execute("CREATE TABLE t (a INT PRIMARY KEY)");
        statement.execute("INSERT INTO t VALUES (42)");
      }

      server.kill();
      server.start();

      assertThat(query(database, "SELECT a FROM t")).isEqualTo("42");
    }
  }

  private static String query(TestMysql.Database database, String sql) throws SQLException {
    try (Connection connection = database.connect();
        Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(sql)) {
      row.next();
      return row.getString(1);
    }
  }
}
