package io.querator.storage.mysql;

import io.querator.storage.TestMysql.Kind;

final class MariadbCatalogueIT extends MysqlCatalogueSuite {
  MariadbCatalogueIT() {
    super(Kind.MARIADB);
  }
}
