package io.querator.storage.mysql;

import io.querator.storage.PartitionStore;
import io.querator.storage.PartitionStoreContract;
import io.querator.storage.TestMysql;
import io.querator.storage.TestMysql.Kind;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;

/// On either server.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class MysqlPartitionStoreSuite extends PartitionStoreContract {
  private final Kind kind;
  private MysqlPartitionStore store;
  private MysqlPartitionStore another;

  MysqlPartitionStoreSuite(Kind kind) {
    this.kind = kind;
  }

  @BeforeAll
  void open() {
    TestMysql.Database database = TestMysql.database(kind);
    store = MysqlPartitionStore.open(MysqlStores.settings(database), null);
    another = MysqlPartitionStore.open(MysqlStores.settings(database), null);
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
