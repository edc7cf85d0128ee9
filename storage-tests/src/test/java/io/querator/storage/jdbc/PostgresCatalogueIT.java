package io.querator.storage.jdbc;

import io.querator.storage.Catalogue;
import io.querator.storage.CatalogueContract;
import io.querator.storage.TestPostgres;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;

@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class PostgresCatalogueIT extends CatalogueContract {
  private PostgresPartitionStore store;

  @BeforeAll
  void open() {
    store = PostgresPartitionStore.open(TestStores.settings(TestPostgres.database()), null);
  }

  @AfterAll
  void close() {
    store.close();
  }

  @Override
  protected Catalogue catalogue() {
    return store.catalogue();
  }
}
