package io.querator.storage.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.querator.storage.GuideContract;
import io.querator.storage.PartitionKey;
import io.querator.storage.Rival;
import io.querator.storage.StorageException;
import io.querator.storage.TestPostgres;
import io.querator.storage.database.Database;
import io.querator.storage.database.DatabaseSettings;
import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/// The guide for operators, with a role that has nothing but a schema.
final class PostgresGuideIT extends GuideContract {
  private static final String PASSWORD = "change-me";

  private final TestPostgres.Database database = TestPostgres.database();
  private final String name = database.jdbcUrl().substring(database.jdbcUrl().lastIndexOf('/') + 1);
  private final String role = "role_" + UUID.randomUUID().toString().replace("-", "");

  /// About this test's database and role.
  private List<String> statements(String section) throws IOException {
    return statements("postgresql.md", section).stream()
        .map(statement -> statement.replace("DATABASE app", "DATABASE " + name))
        .map(statement -> statement.replace("ROLE querator", "ROLE " + role))
        .map(statement -> statement.replace("TO querator", "TO " + role))
        .map(statement -> statement.replace("AUTHORIZATION querator", "AUTHORIZATION " + role))
        .toList();
  }

  @Override
  protected void prepare() throws IOException, SQLException {
    List<String> statements = statements("Prepare");
    assertThat(statements).hasSize(3);
    execute(statements.get(0));
    execute(statements.get(2));
  }

  @Override
  protected Database open() {
    return Database.open(
        new DatabaseSettings(
            "test",
            database.jdbcUrl(),
            role,
            PASSWORD,
            PostgresSettings.DEFAULT_SCHEMA,
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
    return new PostgresRival(database);
  }

  @Override
  protected List<String> looks() throws IOException {
    return statements("Look at a queue's items");
  }

  @Override
  protected String createdAt() {
    return ":59:59.999998";
  }

  /// The role makes the schema, and may no longer do so after that.
  @Test
  void aRoleThatMayMakeItsSchemaNeedsThatOnce() throws Exception {
    List<String> statements = statements("Prepare");
    execute(statements.get(0));
    assertThatThrownBy(this::open)
        .isInstanceOf(StorageException.Corrupt.class)
        .hasMessageContaining("permission denied for database");
    execute(statements.get(1));

    open().close();
    execute("REVOKE CREATE ON DATABASE " + name + " FROM " + role);

    try (Database again = open()) {
      again.store().create(new PartitionKey(7));
      assertThat(again.store().created(Instant.now().plusSeconds(60))).hasSize(1);
    }
  }
}
