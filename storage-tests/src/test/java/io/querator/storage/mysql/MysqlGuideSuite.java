package io.querator.storage.mysql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.querator.storage.GuideContract;
import io.querator.storage.Rival;
import io.querator.storage.StorageException;
import io.querator.storage.TestMysql;
import io.querator.storage.TestMysql.Kind;
import io.querator.storage.database.Database;
import io.querator.storage.database.DatabaseSettings;
import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/// The guide for operators, on either server.
abstract class MysqlGuideSuite extends GuideContract {
  private static final String PASSWORD = "change-me";

  private final TestMysql.Database database;
  private final String user;

  MysqlGuideSuite(Kind kind) {
    database = TestMysql.database(kind);
    user = "u" + database.name().substring(5, 25);
  }

  /// About this test's database and user.
  private List<String> statements(String section) throws IOException {
    return statements("mysql.md", section).stream()
        .map(statement -> statement.replace("querator.", database.name() + "."))
        .map(statement -> statement.replace("DATABASE querator", "DATABASE " + database.name()))
        .map(statement -> statement.replace("'querator'@", "'" + user + "'@"))
        .toList();
  }

  @Override
  protected void prepare() throws IOException, SQLException {
    List<String> statements = statements("Prepare");
    assertThat(statements).hasSizeGreaterThanOrEqualTo(3);
    try (Connection connection = database.named("mysql").connect();
        Statement statement = connection.createStatement()) {
      statement.execute("DROP DATABASE " + database.name());
      statement.execute("DROP USER IF EXISTS '" + user + "'@'%'");
      for (String each : statements) {
        statement.execute(each);
      }
    }
  }

  @Override
  protected Database open() {
    return Database.open(
        new DatabaseSettings(
            "test",
            database.url(),
            user,
            PASSWORD,
            MysqlSettings.DEFAULT_SCHEMA,
            1,
            Duration.ofSeconds(10),
            true),
        null);
  }

  @Override
  protected Connection connect() throws SQLException {
    return database.connect();
  }

  @Override
  protected Rival rival() throws SQLException {
    return new MysqlRival(database);
  }

  @Override
  protected List<String> looks() throws IOException {
    return statements("Look at a queue's items");
  }

  @Override
  protected String createdAt() {
    return "2026-03-29 00:59:59.999998";
  }

  @Test
  void withoutThemItSaysWhatIsMissing() throws Exception {
    prepare();
    execute("REVOKE CREATE ON " + database.name() + ".* FROM '" + user + "'@'%'");

    assertThatThrownBy(this::open)
        .isInstanceOf(StorageException.Corrupt.class)
        .hasMessageContaining("CREATE command denied");
  }
}
