package io.querator.storage.mysql;

import static org.assertj.core.api.Assertions.assertThat;

import io.querator.storage.KeyEntry;
import io.querator.storage.KeyHash;
import io.querator.storage.PartitionKey;
import io.querator.storage.PartitionStore;
import io.querator.storage.PartitionStoreContract;
import io.querator.storage.TestMysql;
import io.querator.storage.TestMysql.Kind;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/// On either server.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class MysqlPartitionStoreSuite extends PartitionStoreContract {
  private final Kind kind;
  private TestMysql.Database database;
  private MysqlPartitionStore store;
  private MysqlPartitionStore another;

  MysqlPartitionStoreSuite(Kind kind) {
    this.kind = kind;
  }

  @BeforeAll
  void open() {
    database = TestMysql.database(kind);
    store = MysqlPartitionStore.open(MysqlStores.settings(database), null);
    another = MysqlPartitionStore.open(MysqlStores.settings(database), null);
  }

  @AfterAll
  void close() {
    store.close();
    another.close();
  }

  @Override
  protected PartitionStore store() {
    return store;
  }

  @Override
  protected PartitionStore another() {
    return another;
  }

  /// Both statements that read all keys: a range of the primary key, in its order.
  @Test
  void readsAllKeysAlongThePrimaryKey() throws SQLException {
    PartitionKey key = new PartitionKey(7);
    fillWithKeys(key);
    MysqlQueries queries = new MysqlQueries(tables(), key);
    KeyEntry after = new KeyEntry(new KeyHash(1L << 62, 0), 1_003, new KeyHash(0, 0), 1, 1);

    for (SqlText sql :
        List.of(
            queries.keysAfter(Integer.MIN_VALUE, PartitionStore.KEYS_MAX),
            queries.keysAfter(1_003, PartitionStore.KEYS_MAX),
            queries.keysOfMinuteAfter(after, PartitionStore.KEYS_MAX))) {
      assertThat(explained(sql))
          .as("%s", sql)
          .containsEntry("key", "PRIMARY")
          .containsEntry("type", "range")
          .doesNotContainEntry("key_len", "8")
          .extractingByKey("Extra")
          .asString()
          .doesNotContain("filesort", "temporary");
    }
  }

  /// Some of its keys, and more of others'.
  private void fillWithKeys(PartitionKey key) throws SQLException {
    StringBuilder rows = new StringBuilder("INSERT INTO ");
    rows.append(tables().key());
    rows.append(" (partition_key, minute, hash, request, first, count) VALUES ");
    Random random = new Random(1);
    for (int i = 0; i < 30_000; i++) {
      rows.append(i == 0 ? "" : ",");
      rows.append(
          "(%d, %d, X'%016x%016x', X'%032x', 1, 1)"
              .formatted(
                  i % 3 == 0 ? key.bits() : 8,
                  1_000 + i % 15,
                  random.nextLong(),
                  random.nextLong(),
                  i));
    }
    try (Connection connection = database.connect();
        Statement statement = connection.createStatement()) {
      statement.execute(rows.toString());
      statement.execute("ANALYZE TABLE " + tables().key());
    }
  }

  private Tables tables() {
    return new Tables(MysqlStores.settings(database).database());
  }

  private Map<String, String> explained(SqlText sql) throws SQLException {
    Map<String, String> plan = new HashMap<>();
    try (Connection connection = database.connect();
        Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery("EXPLAIN " + sql)) {
      assertThat(row.next()).isTrue();
      for (int column = 1; column <= row.getMetaData().getColumnCount(); column++) {
        String value = row.getString(column);
        plan.put(row.getMetaData().getColumnLabel(column), value == null ? "" : value);
      }
      assertThat(row.next()).as("more than one step").isFalse();
    }
    return plan;
  }
}
