package io.querator.storage.mysql;

import io.querator.storage.TestMysql.Kind;

final class MariadbPartitionStoreIT extends MysqlPartitionStoreSuite {
  MariadbPartitionStoreIT() {
    super(Kind.MARIADB);
  }
}
