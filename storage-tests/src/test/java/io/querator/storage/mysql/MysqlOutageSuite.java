package io.querator.storage.mysql;

import static java.util.Objects.requireNonNull;

import io.querator.storage.OutageContract;
import io.querator.storage.PartitionStore;
import io.querator.storage.StoppableServer;
import io.querator.storage.TestMysql;
import io.querator.storage.TestMysql.Kind;
import io.querator.storage.TestMysqlServer;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/// On either server.
abstract class MysqlOutageSuite extends OutageContract {
  private final Kind kind;
  private TestMysql.@Nullable Database database;

  MysqlOutageSuite(Kind kind) {
    this.kind = kind;
  }

  @Override
  protected StoppableServer server() {
    TestMysqlServer server = TestMysql.ownServer(kind);
    database = server.createDatabase();
    return server;
  }

  @Override
  protected PartitionStore open(StoppableServer server, Duration commitTimeout) {
    TestMysql.Database of = requireNonNull(database, "of the server");
    return MysqlPartitionStore.open(MysqlStores.settings(of, of.url(), commitTimeout), null);
  }
}
