package io.querator.storage.mysql;

import io.querator.storage.TestMysql;
import io.querator.storage.TestMysql.Kind;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.parallel.ResourceLock;

@Order(1)
@ResourceLock(TestMysql.MYSQL_SETTINGS)
final class MysqlUnknownOutcomeIT extends MysqlUnknownOutcomeSuite {
  MysqlUnknownOutcomeIT() {
    super(Kind.MYSQL);
  }
}
