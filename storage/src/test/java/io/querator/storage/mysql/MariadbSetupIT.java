package io.querator.storage.mysql;

import io.querator.storage.TestMysql.Kind;

final class MariadbSetupIT extends MysqlSetupSuite {
  MariadbSetupIT() {
    super(Kind.MARIADB);
  }
}
