package io.querator.storage.mysql;

import io.querator.storage.TestMysql.Kind;

final class MariadbTlsIT extends MysqlTlsSuite {
  MariadbTlsIT() {
    super(Kind.MARIADB);
  }
}
