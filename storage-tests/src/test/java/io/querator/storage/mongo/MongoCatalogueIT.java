package io.querator.storage.mongo;

import io.querator.storage.Catalogue;
import io.querator.storage.CatalogueContract;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;

/// The contract on the emulator.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class MongoCatalogueIT extends CatalogueContract {
  private MongoPartitionStore store;

  MongoSettings settings() {
    return TestMongo.settings();
  }

  @BeforeAll
  void open() {
    store = MongoPartitionStore.open(settings(), null);
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
