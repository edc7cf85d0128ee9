package io.querator.storage.mysql;

import io.querator.storage.TestMysql.Kind;

final class MariadbUnknownOutcomeIT extends MysqlUnknownOutcomeSuite {
  MariadbUnknownOutcomeIT() {
    super(Kind.MARIADB);
  }
}
