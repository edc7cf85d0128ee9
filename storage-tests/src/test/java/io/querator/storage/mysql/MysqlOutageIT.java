package io.querator.storage.mysql;

import io.querator.storage.TestMysql.Kind;

final class MysqlOutageIT extends MysqlOutageSuite {
  MysqlOutageIT() {
    super(Kind.MYSQL);
  }
}
