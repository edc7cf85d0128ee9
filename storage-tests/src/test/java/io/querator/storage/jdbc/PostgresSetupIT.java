package io.querator.storage.jdbc;

import static io.querator.storage.Samples.batch;
import static io.querator.storage.Samples.claim;
import static io.querator.storage.Samples.item;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.querator.storage.Async;
import io.querator.storage.CommitResult.Committed;
import io.querator.storage.CommitResult.Fenced;
import io.querator.storage.CommitResult.Reason;
import io.querator.storage.CommitResult.Refused;
import io.querator.storage.Counting;
import io.querator.storage.Epoch;
import io.querator.storage.ItemContent;
import io.querator.storage.ItemHead;
import io.querator.storage.OpenResult.Opened;
import io.querator.storage.PartitionKey;
import io.querator.storage.Position;
import io.querator.storage.PositionRange;
import io.querator.storage.StorageException;
import io.querator.storage.StoredItem;
import io.querator.storage.TestPostgres;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// How the store deals with the database that it is given.
final class PostgresSetupIT {
  private TestPostgres.Database database;

  @BeforeEach
  void create() {
    database = TestPostgres.database();
  }

  private PostgresPartitionStore open(PostgresSettings settings) {
    return PostgresPartitionStore.open(settings, null);
  }

  private PostgresSettings as(String user, boolean preparedStatements) {
    return new PostgresSettings(
        "test",
        database.jdbcUrl(),
        user,
        "secret",
        "querator",
        1,
        Duration.ofSeconds(10),
        preparedStatements);
  }

  private String execute(String sql) throws SQLException {
    try (Connection connection = database.connect();
        Statement statement = connection.createStatement()) {
      if (!statement.execute(sql)) {
        return "";
      }
      try (ResultSet row = statement.getResultSet()) {
        return row.next() ? row.getString(1) : "";
      }
    }
  }

  private String role() throws SQLException {
    String role = "role_" + UUID.randomUUID().toString().replace("-", "");
    execute("CREATE ROLE " + role + " LOGIN PASSWORD 'secret'");
    String name = execute("SELECT current_database()");
    execute("GRANT CREATE ON DATABASE " + name + " TO " + role);
    return role;
  }

  private static Opened partition(PostgresPartitionStore store, long bits) {
    PartitionKey key = new PartitionKey(bits);
    store.create(key);
    return (Opened) store.open(Map.of(key, Epoch.NONE), claim(1)).getFirst();
  }

  @Test
  void manyMayStartAtOnce() {
    List<CompletableFuture<PostgresPartitionStore>> starts =
        IntStream.range(0, 6)
            .mapToObj(i -> Async.supply(() -> open(TestStores.settings(database))))
            .toList();

    List<PostgresPartitionStore> stores = starts.stream().map(CompletableFuture::join).toList();

    Opened opened = partition(stores.getFirst(), 1);
    assertThat(stores.getLast().superseded(Map.of(opened.key(), opened.epoch()))).isEmpty();
    stores.forEach(PostgresPartitionStore::close);
  }

  @Test
  void createsAPartitionOnceAlthoughManyDo() {
    try (PostgresPartitionStore store = open(TestStores.settings(database))) {
      List<CompletableFuture<Void>> creations = new ArrayList<>();
      for (int i = 0; i < 40; i++) {
        PartitionKey key = new PartitionKey(i / 4);
        creations.add(Async.run(() -> store.create(key)));
      }

      creations.forEach(CompletableFuture::join);

      assertThat(store.created(Instant.now().plusSeconds(3_600))).hasSize(10);
    }
  }

  @Test
  void dropsAPartitionOnceNobodyReadsIt() throws SQLException {
    try (PostgresPartitionStore store = open(TestStores.settings(database));
        PostgresRival reader = new PostgresRival(database)) {
      Opened opened = partition(store, 1);
      reader.execute("SELECT * FROM querator.q_" + opened.key());

      assertThatThrownBy(() -> store.drop(opened.key()))
          .isInstanceOf(StorageException.Unavailable.class)
          .hasMessageContaining("lock timeout");

      assertThat(store.commit(List.of(batch(opened).items(item(opened, 1)).build())))
          .containsExactly(new Fenced(false));
      assertThat(store.created(Instant.now().plusSeconds(3_600))).containsExactly(opened.key());
      reader.rollback();
      store.drop(opened.key());
      assertThat(store.created(Instant.now().plusSeconds(3_600))).isEmpty();
    }
  }

  @Test
  void keepsTwoSchemasApart() {
    PostgresSettings settings = TestStores.settings(database);
    try (PostgresPartitionStore one = open(settings);
        PostgresPartitionStore other = open(settings.withSchema("other"))) {
      partition(one, 1);

      assertThat(other.created(Instant.now().plusSeconds(3_600))).isEmpty();
    }
  }

  @Test
  void worksWithoutPreparedStatementsWhereTheRoleHasTheSettings() throws SQLException {
    String role = role();
    for (Map.Entry<String, String> setting : Session.required().entrySet()) {
      execute("ALTER ROLE %s SET %s = '%s'".formatted(role, setting.getKey(), setting.getValue()));
    }

    try (PostgresPartitionStore store = open(as(role, false))) {
      Opened opened = partition(store, 1);
      for (int i = 0; i < 10; i++) {
        assertThat(store.commit(List.of(batch(opened).items(item(opened, i)).build())).getFirst())
            .isInstanceOf(Committed.class);
      }
      try (Counting counting = store.count(opened, PositionRange.READY, Instant.EPOCH)) {
        assertThat(counting.await().items()).isEqualTo(10);
      }
      assertThat(store.heads(opened, PositionRange.READY, 99)).hasSize(10);
      assertThat(execute("SELECT count(*) FROM pg_prepared_statements")).isEqualTo("0");
    }
  }

  @Test
  void saysWhatToRunWhereTheRoleLacksTheSettings() throws SQLException {
    String role = role();

    assertThatThrownBy(() -> open(as(role, false)))
        .isInstanceOf(StorageException.Corrupt.class)
        .hasMessageContaining("ALTER ROLE CURRENT_USER SET plan_cache_mode = 'force_generic_plan'")
        .hasMessageContaining("ALTER ROLE CURRENT_USER SET statement_timeout = '10s'");
  }

  @Test
  void refusesARoleThatDoesNotWaitForTheDisk() throws SQLException {
    String role = role();
    execute("ALTER ROLE " + role + " SET synchronous_commit = off");

    assertThatThrownBy(() -> open(as(role, true)))
        .isInstanceOf(StorageException.Corrupt.class)
        .hasMessageContaining("ALTER ROLE CURRENT_USER SET synchronous_commit = on");
  }

  @Test
  void refusesARoleThatMayNotWrite() throws SQLException {
    String role = role();
    execute("ALTER ROLE " + role + " SET default_transaction_read_only = on");

    assertThatThrownBy(() -> open(as(role, true)))
        .isInstanceOf(StorageException.Corrupt.class)
        .hasMessageContaining("default_transaction_read_only");
  }

  @Test
  void saysThatThePasswordIsWrong() {
    PostgresSettings settings =
        new PostgresSettings(
            "test",
            database.jdbcUrl(),
            "nobody",
            "secret",
            "querator",
            1,
            Duration.ofSeconds(10),
            true);

    assertThatThrownBy(() -> open(settings))
        .isInstanceOf(StorageException.Corrupt.class)
        .hasMessageContaining("nobody")
        .hasMessageNotContaining("secret");
  }

  @Test
  void refusesAnEncodingThatCannotHoldEveryText() throws SQLException {
    String name = "latin_" + UUID.randomUUID().toString().replace("-", "");
    execute("CREATE DATABASE " + name + " ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0");
    String url = database.jdbcUrl().replaceFirst("/[^/]*$", "/" + name);
    PostgresSettings settings = TestStores.settings(database, url, Duration.ofSeconds(10));

    assertThatThrownBy(() -> open(settings))
        .isInstanceOf(StorageException.Corrupt.class)
        .hasMessageContaining("ENCODING 'UTF8'");
  }

  @Test
  void refusesASchemaThatNeedsANewerProgram() throws SQLException {
    open(TestStores.settings(database)).close();
    execute("INSERT INTO querator.schema_version (version, oldest_reader) VALUES (8, 1)");
    open(TestStores.settings(database)).close();
    execute("INSERT INTO querator.schema_version (version, oldest_reader) VALUES (9, 9)");

    assertThatThrownBy(() -> open(TestStores.settings(database)))
        .isInstanceOf(StorageException.Corrupt.class)
        .hasMessageContaining("needs at least version 9");
  }

  @Test
  void refusesAPartitionOfANewerFormat() throws SQLException {
    try (PostgresPartitionStore store = open(TestStores.settings(database))) {
      Opened opened = partition(store, 1);
      execute("UPDATE querator.fence SET format = 99");

      assertThatThrownBy(() -> store.open(Map.of(opened.key(), Epoch.NONE), claim(2)))
          .isInstanceOf(StorageException.Corrupt.class)
          .hasMessageContaining("format 99");
    }
  }

  @Test
  void isFencedByAMissingTable() throws SQLException {
    try (PostgresPartitionStore store = open(TestStores.settings(database))) {
      Opened opened = partition(store, 1);
      execute("DROP TABLE querator.q_" + opened.key());

      assertThat(store.commit(List.of(batch(opened).items(item(opened, 1)).build())))
          .containsExactly(new Fenced(false));
    }
  }

  @Test
  void refusesDataThatTheDatabaseCannotKeep() {
    try (PostgresPartitionStore store = open(TestStores.settings(database))) {
      Opened opened = partition(store, 1);
      StoredItem poisoned =
          new StoredItem(
              new ItemHead(Position.ready(opened.epoch(), 2), 0, 0, 0, ItemHead.READY, 0, 0, ""),
              new ItemContent("NUL \0", "", "", new byte[0]));

      var result =
          store.commit(List.of(batch(opened).items(item(opened, 1), poisoned).build())).getFirst();

      assertThat(result).isInstanceOf(Refused.class);
      assertThat(((Refused) result).reason()).isEqualTo(Reason.DATA);
      assertThat(((Refused) result).epoch()).isEqualTo(opened.epoch());
      assertThat(store.heads(opened, PositionRange.READY, 9)).isEmpty();
    }
  }

  @Test
  void noticesThatARestoredBackupLostHistory() throws SQLException {
    try (PostgresPartitionStore store = open(TestStores.settings(database))) {
      Opened first = partition(store, 1);
      Opened opened = (Opened) store.open(Map.of(first.key(), first.epoch()), claim(5)).getFirst();
      execute("UPDATE querator.fence SET epoch = 1, version = 1");

      Opened again = (Opened) store.reopen(opened);

      assertThat(again.historyLost()).isTrue();
      assertThat(again.epoch()).isEqualTo(new Epoch(3));
    }
  }

  @Test
  void showsItemsToUsersOfSql() throws SQLException {
    try (PostgresPartitionStore store = open(TestStores.settings(database))) {
      Opened opened = partition(store, 1);
      store.commit(List.of(batch(opened).items(item(opened, 1, "hello")).build()));

      String row =
          execute(
              """
              SELECT concat_ws(' ', kind, reference, encoding, convert_from(payload, 'UTF8'),
                extract(epoch FROM created_at AT TIME ZONE 'UTC'))
              FROM querator.q_%s
              """
                  .formatted(opened.key()));

      assertThat(row).isEqualTo("welcome-email user-1 json hello 1774745999.999998");
    }
  }

  @Test
  void bindsTheMetricsOfItsPools() {
    SimpleMeterRegistry meters = new SimpleMeterRegistry();
    try (PostgresPartitionStore store =
        PostgresPartitionStore.open(TestStores.settings(database), meters)) {
      store.databaseTime();

      assertThat(meters.find("hikaricp.connections").tag("pool", "test-lane-0").gauge())
          .isNotNull();
    }
  }
}
