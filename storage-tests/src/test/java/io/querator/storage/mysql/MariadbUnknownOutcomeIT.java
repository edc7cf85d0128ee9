package io.querator.storage.mysql;

import io.querator.storage.TestMysql;
import io.querator.storage.TestMysql.Kind;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.parallel.ResourceLock;

@Order(1)
@ResourceLock(TestMysql.MARIADB_SETTINGS)
final class MariadbUnknownOutcomeIT extends MysqlUnknownOutcomeSuite {
  MariadbUnknownOutcomeIT() {
    super(Kind.MARIADB);
  }
}
