package io.querator.storage.embedded;

import static org.assertj.core.api.Assertions.assertThat;

import io.querator.storage.TestPostgres;
import io.querator.storage.TestPostgresServer;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import org.junit.jupiter.api.Test;

final class EmbeddedPostgresIT {
  @Test
  void keepsItsDataOverAStopAndAKill() throws SQLException {
    try (TestPostgresServer server = TestPostgres.ownServer()) {
      execute(server, "CREATE TABLE item (id int)");
      execute(server, "INSERT INTO item VALUES (1)");
      int port = server.running().port();

      server.stop();
      server.start();
      execute(server, "INSERT INTO item VALUES (2)");
      server.kill();
      server.start();

      assertThat(query(server, "SELECT count(*) FROM item")).isEqualTo("2");
      assertThat(server.running().port()).isEqualTo(port);
      assertThat(server.running().adopted()).isFalse();
    }
  }

  @Test
  void isFoundAgainWhereItRuns() throws SQLException {
    try (TestPostgresServer server = TestPostgres.ownServer()) {
      execute(server, "CREATE TABLE item (id int)");
      long pid = server.running().pid();

      server.running().leave();
      server.start();

      assertThat(server.running().adopted()).isTrue();
      assertThat(server.running().pid()).isEqualTo(pid);
      assertThat(query(server, "SELECT count(*) FROM item")).isEqualTo("0");
    }
  }

  @Test
  void givesEachCallerAFreshDatabase() throws SQLException {
    var one = TestPostgres.database();
    var other = TestPostgres.database();

    assertThat(one.jdbcUrl()).isNotEqualTo(other.jdbcUrl());
    try (Connection connection = one.connect()) {
      assertThat(connection.isValid(5)).isTrue();
    }
  }

  @Test
  void isDurable() throws SQLException {
    try (TestPostgresServer server = TestPostgres.ownServer()) {
      assertThat(query(server, "SHOW fsync")).isEqualTo("on");
      assertThat(query(server, "SHOW full_page_writes")).isEqualTo("on");
      assertThat(query(server, "SHOW synchronous_commit")).isEqualTo("on");
      assertThat(query(server, "SHOW data_checksums")).isEqualTo("on");
    }
  }

  private static void execute(TestPostgresServer server, String sql) throws SQLException {
    try (Connection connection = server.database().connect();
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  private static String query(TestPostgresServer server, String sql) throws SQLException {
    try (Connection connection = server.database().connect();
        Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(sql)) {
      rows.next();
      return rows.getString(1);
    }
  }
}
