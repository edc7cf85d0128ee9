package io.querator.storage.jdbc;

import io.querator.storage.PartitionStore;
import io.querator.storage.Rival;
import io.querator.storage.SqlUnknownOutcomeContract;
import io.querator.storage.TestPostgres;
import java.sql.SQLException;
import org.junit.jupiter.api.Order;

@Order(1)
final class PostgresUnknownOutcomeIT extends SqlUnknownOutcomeContract {
  private final TestPostgres.Database database = TestPostgres.database();

  @Override
  protected String url() {
    return database.jdbcUrl();
  }

  @Override
  protected PartitionStore open(String url) {
    return PostgresPartitionStore.open(TestStores.settings(database, url, COMMIT_TIMEOUT), null);
  }

  @Override
  protected Rival rival() throws SQLException {
    return new PostgresRival(database);
  }

  /// In a turn that is not prepared yet.
  @Override
  protected String turnMarker() {
    return "FOR SHARE";
  }
}
