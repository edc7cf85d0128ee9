package io.querator.storage.mysql;

import io.querator.storage.TestMysql.Kind;

final class MariadbGuideIT extends MysqlGuideSuite {
  MariadbGuideIT() {
    super(Kind.MARIADB);
  }
}
