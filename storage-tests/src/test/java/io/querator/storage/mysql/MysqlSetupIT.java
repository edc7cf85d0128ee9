package io.querator.storage.mysql;

import io.querator.storage.TestMysql;
import io.querator.storage.TestMysql.Kind;
import org.junit.jupiter.api.parallel.ResourceLock;

@ResourceLock(TestMysql.MYSQL_SETTINGS)
final class MysqlSetupIT extends MysqlSetupSuite {
  MysqlSetupIT() {
    super(Kind.MYSQL);
  }
}
