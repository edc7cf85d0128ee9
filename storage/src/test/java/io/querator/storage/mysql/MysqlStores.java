package io.querator.storage.mysql;

import io.querator.storage.TestMysql;
import java.time.Duration;

/// Settings for stores in databases of tests.
final class MysqlStores {
  private MysqlStores() {}

  static MysqlSettings settings(TestMysql.Database database) {
    return settings(database, database.url(), Duration.ofSeconds(10));
  }

  static MysqlSettings settings(TestMysql.Database database, String url, Duration commitTimeout) {
    return new MysqlSettings(
        "test",
        url,
        database.user(),
        database.password(),
        MysqlSettings.DEFAULT_SCHEMA,
        2,
        commitTimeout);
  }
}
