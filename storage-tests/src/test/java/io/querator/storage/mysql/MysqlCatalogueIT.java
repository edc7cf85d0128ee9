package io.querator.storage.mysql;

import io.querator.storage.TestMysql.Kind;

final class MysqlCatalogueIT extends MysqlCatalogueSuite {
  MysqlCatalogueIT() {
    super(Kind.MYSQL);
  }
}
