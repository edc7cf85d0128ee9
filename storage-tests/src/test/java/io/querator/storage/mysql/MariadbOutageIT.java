package io.querator.storage.mysql;

import io.querator.storage.TestMysql.Kind;

final class MariadbOutageIT extends MysqlOutageSuite {
  MariadbOutageIT() {
    super(Kind.MARIADB);
  }
}
