package io.querator.storage.mysql;

import io.querator.storage.TestMysql.Kind;

final class MysqlFencingIT extends MysqlFencingSuite {
  MysqlFencingIT() {
    super(Kind.MYSQL);
  }
}
