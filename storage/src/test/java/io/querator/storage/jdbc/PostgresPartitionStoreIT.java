package io.querator.storage.jdbc;

import io.querator.storage.PartitionStore;
import io.querator.storage.PartitionStoreContract;
import io.querator.storage.TestPostgres;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;

@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class PostgresPartitionStoreIT extends PartitionStoreContract {
  private PostgresPartitionStore store;
  private PostgresPartitionStore another;

  @BeforeAll
  void open() {
    TestPostgres.Database database = TestPostgres.database();
    store = PostgresPartitionStore.open(TestStores.settings(database), null);
    another = PostgresPartitionStore.open(TestStores.settings(database), null);
  }

  @AfterAll
  void close() {
    store.close();
    another.close();
  }

  @Override
  protected PartitionStore store() {
    return store;
  }

  @Override
  protected PartitionStore another() {
    return another;
  }
}
