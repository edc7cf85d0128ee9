package io.querator.storage.mysql;

import io.querator.storage.TestMysql.Kind;

final class MysqlGuideIT extends MysqlGuideSuite {
  MysqlGuideIT() {
    super(Kind.MYSQL);
  }
}
