package io.querator.storage.mysql;

import io.querator.storage.TestMysql.Kind;

final class MysqlPartitionStoreIT extends MysqlPartitionStoreSuite {
  MysqlPartitionStoreIT() {
    super(Kind.MYSQL);
  }
}
