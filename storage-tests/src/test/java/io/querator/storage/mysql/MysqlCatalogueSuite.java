package io.querator.storage.mysql;

import io.querator.storage.Catalogue;
import io.querator.storage.CatalogueContract;
import io.querator.storage.TestMysql;
import io.querator.storage.TestMysql.Kind;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;

/// On either server.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class MysqlCatalogueSuite extends CatalogueContract {
  private final Kind kind;
  private MysqlPartitionStore store;

  MysqlCatalogueSuite(Kind kind) {
    this.kind = kind;
  }

  @BeforeAll
  void open() {
    store = MysqlPartitionStore.open(MysqlStores.settings(TestMysql.database(kind)), null);
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
