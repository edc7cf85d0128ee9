package io.querator.storage.mysql;

import io.querator.storage.TestMysql.Kind;

final class MysqlSetupIT extends MysqlSetupSuite {
  MysqlSetupIT() {
    super(Kind.MYSQL);
  }
}
