package io.querator.storage.mysql;

import io.querator.storage.TestMysql.Kind;

final class MysqlUnknownOutcomeIT extends MysqlUnknownOutcomeSuite {
  MysqlUnknownOutcomeIT() {
    super(Kind.MYSQL);
  }
}
