package io.querator.storage.mysql;

import io.querator.storage.TestMysql;
import io.querator.storage.TestMysql.Kind;
import org.junit.jupiter.api.parallel.ResourceLock;

@ResourceLock(TestMysql.MARIADB_SETTINGS)
final class MariadbSetupIT extends MysqlSetupSuite {
  MariadbSetupIT() {
    super(Kind.MARIADB);
  }
}
