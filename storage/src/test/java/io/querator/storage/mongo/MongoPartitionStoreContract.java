package io.querator.storage.mongo;

import io.querator.storage.PartitionStore;
import io.querator.storage.PartitionStoreContract;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;

/// The contract, on one server or another.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class MongoPartitionStoreContract extends PartitionStoreContract {
  private MongoPartitionStore store;
  private MongoPartitionStore another;

  /// For a fresh database.
  abstract MongoSettings settings();

  @BeforeAll
  void open() {
    MongoSettings settings = settings();
    store = MongoPartitionStore.open(settings, null);
    another = MongoPartitionStore.open(settings, null);
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

  @Override
  protected boolean findsEmptyPartitions() {
    return false;
  }

  /// Removed rows are deleted after the commit.
  @Override
  protected boolean tellsRemovedRows() {
    return false;
  }
}
