package io.querator.storage.jdbc;

import static java.util.Objects.requireNonNull;

import io.querator.storage.CutProxy;
import io.querator.storage.OutageContract;
import io.querator.storage.PartitionKey;
import io.querator.storage.PartitionStore;
import io.querator.storage.StoppableServer;
import io.querator.storage.TestPostgres;
import io.querator.storage.TestPostgresServer;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

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

  @Test
  void connectsAgainWhenAConnectionBreaksWhileItIsSetUp() throws Exception {
    TestPostgres.Database database = TestPostgres.database();
    try (CutProxy proxy = CutProxy.before(database.jdbcUrl())) {
      proxy.arm(CutProxy.Fault.LOSE_REQUEST, "TRANSACTION ISOLATION LEVEL");
      PostgresSettings settings =
          TestStores.settings(database, proxy.through(database.jdbcUrl()), Duration.ofSeconds(4));
      try (PostgresPartitionStore store = PostgresPartitionStore.open(settings, null)) {
        store.databaseTime();
        for (long key = 1; key <= 2; key++) {
          store.create(new PartitionKey(key));
        }
        proxy.awaitSeen();
      }
    }
  }
}
