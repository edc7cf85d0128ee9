package io.querator.storage.mysql;

import io.querator.storage.TestMysql.Kind;

final class MysqlTlsIT extends MysqlTlsSuite {
  MysqlTlsIT() {
    super(Kind.MYSQL);
  }
}
