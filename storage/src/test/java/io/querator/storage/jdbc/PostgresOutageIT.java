package io.querator.storage.jdbc;

import static java.util.Objects.requireNonNull;

import io.querator.storage.OutageContract;
import io.querator.storage.PartitionStore;
import io.querator.storage.StoppableServer;
import io.querator.storage.TestPostgres;
import io.querator.storage.TestPostgresServer;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

final class PostgresOutageIT extends OutageContract {
  private TestPostgres.@Nullable Database database;

  @Override
  protected StoppableServer server() {
    TestPostgresServer server = TestPostgres.ownServer();
    database = server.database();
    return server;
  }

  @Override
  protected PartitionStore open(StoppableServer server, Duration commitTimeout) {
    TestPostgres.Database of = requireNonNull(database, "of the server");
    return PostgresPartitionStore.open(TestStores.settings(of, of.jdbcUrl(), commitTimeout), null);
  }
}
