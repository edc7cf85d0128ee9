package io.querator.storage.mysql;

import io.querator.storage.TestMysql.Kind;

final class MariadbFencingIT extends MysqlFencingSuite {
  MariadbFencingIT() {
    super(Kind.MARIADB);
  }
}
