package io.querator.storage.jdbc;

import io.querator.storage.TestPostgres;
import java.time.Duration;

/// Settings for stores in databases of tests.
final class TestStores {
  private TestStores() {}

  static PostgresSettings settings(TestPostgres.Database database) {
    return settings(database, database.jdbcUrl(), Duration.ofSeconds(10));
  }

  static PostgresSettings settings(
      TestPostgres.Database database, String url, Duration commitTimeout) {
    return new PostgresSettings(
        "test", url, database.user(), database.password(), "querator", 2, commitTimeout, true);
  }
}
