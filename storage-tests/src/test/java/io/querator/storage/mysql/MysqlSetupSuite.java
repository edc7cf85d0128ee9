package io.querator.storage.mysql;

import static io.querator.storage.Samples.batch;
import static io.querator.storage.Samples.claim;
import static io.querator.storage.Samples.item;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.querator.storage.Async;
import io.querator.storage.CommitResult;
import io.querator.storage.CommitResult.Committed;
import io.querator.storage.CommitResult.Fenced;
import io.querator.storage.CommitResult.NotCommitted;
import io.querator.storage.CommitResult.Reason;
import io.querator.storage.CommitResult.Refused;
import io.querator.storage.Epoch;
import io.querator.storage.ItemContent;
import io.querator.storage.ItemHead;
import io.querator.storage.OpenResult.Opened;
import io.querator.storage.PartitionKey;
import io.querator.storage.Position;
import io.querator.storage.PositionRange;
import io.querator.storage.StorageException;
import io.querator.storage.StoredItem;
import io.querator.storage.TestMysql;
import io.querator.storage.TestMysql.Kind;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// How the store deals with the server and the database that it is given: on either server.
abstract class MysqlSetupSuite {
  private final Kind kind;
  private TestMysql.Database database;

  MysqlSetupSuite(Kind kind) {
    this.kind = kind;
  }

  @BeforeEach
  void create() {
    database = TestMysql.changeableDatabase(kind);
  }

  private MysqlPartitionStore open() {
    return MysqlPartitionStore.open(MysqlStores.settings(database), null);
  }

  private MysqlSettings as(String user, String password) {
    return new MysqlSettings(
        "test",
        database.url(),
        user,
        password,
        MysqlSettings.DEFAULT_SCHEMA,
        1,
        Duration.ofSeconds(10));
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

  private static Opened partition(MysqlPartitionStore store, long bits) {
    PartitionKey key = new PartitionKey(bits);
    store.create(key);
    return (Opened) store.open(Map.of(key, Epoch.NONE), claim(1)).getFirst();
  }

  private static CommitResult commit(
      MysqlPartitionStore store, Opened opened, StoredItem... items) {
    return store.commit(List.of(batch(opened).items(items).build())).getFirst();
  }

  @Test
  void manyMayStartAtOnce() {
    List<CompletableFuture<MysqlPartitionStore>> starts =
        IntStream.range(0, 6).mapToObj(i -> Async.supply(this::open)).toList();

    List<MysqlPartitionStore> stores = starts.stream().map(CompletableFuture::join).toList();

    Opened opened = partition(stores.getFirst(), 1);
    assertThat(stores.getLast().superseded(Map.of(opened.key(), opened.epoch()))).isEmpty();
    stores.forEach(MysqlPartitionStore::close);
  }

  @Test
  void createsAPartitionOnceAlthoughManyDo() {
    try (MysqlPartitionStore store = open()) {
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
  void createsTheDatabaseThatTheSchemaNames() throws SQLException {
    String name = database.name() + "_x";
    MysqlSettings settings =
        new MysqlSettings(
            "test",
            database.url().replace("/" + database.name(), ""),
            database.user(),
            database.password(),
            name,
            1,
            Duration.ofSeconds(10));

    MysqlPartitionStore.open(settings, null).close();

    assertThat(execute("SELECT COUNT(*) FROM " + name + ".fence")).isEqualTo("0");
  }

  @Test
  void dropsAPartitionOnceNobodyReadsIt() throws SQLException {
    try (MysqlPartitionStore store = open();
        MysqlRival reader = new MysqlRival(database)) {
      Opened opened = partition(store, 1);
      reader.execute("SELECT * FROM q_" + opened.key());

      assertThatThrownBy(() -> store.drop(opened.key()))
          .isInstanceOf(StorageException.Unavailable.class)
          .hasMessageContaining("Lock wait timeout");

      assertThat(commit(store, opened, item(opened, 1))).isEqualTo(new Fenced(false));
      assertThat(store.created(Instant.now().plusSeconds(3_600))).containsExactly(opened.key());
      reader.rollback();
      store.drop(opened.key());
      assertThat(store.created(Instant.now().plusSeconds(3_600))).isEmpty();
    }
  }

  @Test
  void refusesSettingsThatLoseItemsOrCannotWrite() throws SQLException {
    assertRefused("innodb_flush_log_at_trx_commit", "2", "1", "= 1 in the server's configuration");
    assertRefused("sync_binlog", "0", "1", "set sync_binlog = 1");
    assertRefused("binlog_format", "'STATEMENT'", "'ROW'", "set binlog_format = ROW");
    assertRefused("max_allowed_packet", "16777216", "268435456", "set max_allowed_packet = 256M");
  }

  private void assertRefused(String variable, String wrong, String right, String message)
      throws SQLException {
    execute("SET GLOBAL " + variable + " = " + wrong);
    try {
      assertThatThrownBy(this::open)
          .isInstanceOf(StorageException.Corrupt.class)
          .hasMessageContaining("storage test: ")
          .hasMessageContaining(message);
    } finally {
      execute("SET GLOBAL " + variable + " = " + right);
    }
  }

  @Test
  void waitsForAServerThatIsReadOnly() throws SQLException {
    execute("SET GLOBAL read_only = 1");
    try {
      assertThatThrownBy(this::open)
          .isInstanceOf(StorageException.Unavailable.class)
          .hasMessageContaining("read-only");
    } finally {
      execute("SET GLOBAL read_only = 0");
    }
    open().close();
  }

  @Test
  void saysThatThePasswordIsWrong() {
    assertThatThrownBy(() -> MysqlPartitionStore.open(as("nobody", "s3cret"), null))
        .isInstanceOf(StorageException.Corrupt.class)
        .hasMessageContaining("nobody")
        .hasMessageNotContaining("s3cret");
  }

  @Test
  void refusesADatabaseOfSomebodyElse() throws SQLException {
    execute("CREATE TABLE queue (a INT PRIMARY KEY)");

    assertThatThrownBy(this::open)
        .isInstanceOf(StorageException.Corrupt.class)
        .hasMessageContaining("a table 'queue' that is not Querator's");
  }

  @Test
  void goesOnWithASchemaThatWasBegun() throws SQLException {
    open().close();
    execute("DELETE FROM schema_version");
    execute("DROP TABLE due");

    try (MysqlPartitionStore store = open()) {
      Opened opened = partition(store, 1);
      assertThat(commit(store, opened, item(opened, 1))).isInstanceOf(Committed.class);
    }
  }

  @Test
  void refusesASchemaThatNeedsANewerProgram() throws SQLException {
    open().close();
    execute("INSERT INTO schema_version (version, oldest_reader) VALUES (8, 1)");
    open().close();
    execute("INSERT INTO schema_version (version, oldest_reader) VALUES (9, 9)");

    assertThatThrownBy(this::open)
        .isInstanceOf(StorageException.Corrupt.class)
        .hasMessageContaining("needs at least version 9");
  }

  @Test
  void refusesAPartitionOfANewerFormat() throws SQLException {
    try (MysqlPartitionStore store = open()) {
      Opened opened = partition(store, 1);
      execute("UPDATE fence SET format = 99");

      assertThatThrownBy(() -> store.open(Map.of(opened.key(), Epoch.NONE), claim(2)))
          .isInstanceOf(StorageException.Corrupt.class)
          .hasMessageContaining("format 99");
    }
  }

  @Test
  void isFencedByAMissingTable() throws SQLException {
    try (MysqlPartitionStore store = open()) {
      Opened opened = partition(store, 1);
      execute("DROP TABLE q_" + opened.key());

      assertThat(commit(store, opened, item(opened, 1))).isEqualTo(new Fenced(false));
    }
  }

  private static StoredItem ofKind(Opened opened, String kind) {
    return new StoredItem(
        new ItemHead(Position.ready(opened.epoch(), 2), 0, 0, 0, ItemHead.READY, 0, 0, ""),
        new ItemContent(kind, "", "", new byte[0]));
  }

  @Test
  void refusesDataThatTheDatabaseCannotKeep() {
    try (MysqlPartitionStore store = open()) {
      Opened opened = partition(store, 1);

      CommitResult result =
          commit(store, opened, item(opened, 1), ofKind(opened, "k".repeat(1 << 24)));

      assertThat(result).isInstanceOf(Refused.class);
      assertThat(((Refused) result).reason()).isEqualTo(Reason.DATA);
      assertThat(((Refused) result).epoch()).isEqualTo(opened.epoch());
      assertThat(store.heads(opened, PositionRange.READY, 9)).isEmpty();
    }
  }

  @Test
  void keepsNul() {
    try (MysqlPartitionStore store = open()) {
      Opened opened = partition(store, 1);
      StoredItem nul = ofKind(opened, "NUL \0 ' \\ \"");

      assertThat(commit(store, opened, nul)).isInstanceOf(Committed.class);

      assertThat(store.items(opened, new long[] {nul.position()}).getFirst().content().kind())
          .isEqualTo(nul.content().kind());
    }
  }

  private static StoredItem of(Opened opened, int bytes, char filling) {
    byte[] payload = new byte[bytes];
    Arrays.fill(payload, (byte) filling);
    return item(opened, 1, payload);
  }

  /// Bytes that must be escaped take two each. What does not fit is refused before it is sent.
  @Test
  void refusesATurnThatIsTooLargeForTheServer() throws SQLException {
    execute("SET GLOBAL max_allowed_packet = 67108864");
    try (MysqlPartitionStore store = open()) {
      Opened opened = partition(store, 1);
      int bytes = 33 << 20;

      CommitResult tooLarge = commit(store, opened, of(opened, bytes, '\''));
      CommitResult fits = commit(store, opened, of(opened, bytes, 'a'));

      assertThat(tooLarge).isInstanceOf(Refused.class);
      assertThat(((Refused) tooLarge).reason()).isEqualTo(Reason.TOO_LARGE);
      assertThat(fits).isInstanceOf(Committed.class);
      assertThat(store.limits().turnBytes()).isEqualTo((67_108_864 - 65_536) / 2);
    } finally {
      execute("SET GLOBAL max_allowed_packet = 268435456");
    }
  }

  /// The limit was lowered since the store was opened: the server ends the connection.
  @Test
  void tellsTheTruthAboutAPacketThatTheServerDoesNotTake() throws SQLException {
    try (MysqlPartitionStore store = open()) {
      Opened opened = partition(store, 1);
      execute("SET GLOBAL max_allowed_packet = 1048576");
      CommitResult result;
      try (MysqlPartitionStore _ = store) {
        endSessions();
        result = commit(store, opened, of(opened, 2 << 20, 'a'));
        assertThat(result).isInstanceOfAny(NotCommitted.class, Refused.class);
        assertThat(store.heads(opened, PositionRange.READY, 9)).isEmpty();
      } finally {
        execute("SET GLOBAL max_allowed_packet = 268435456");
      }
    }
  }

  private void endSessions() throws SQLException {
    String own =
        "SELECT GROUP_CONCAT('KILL ', id SEPARATOR ';') FROM information_schema.processlist WHERE db = DATABASE() AND id <> CONNECTION_ID()";
    String kill = execute(own);
    if (kill != null && !kill.isEmpty()) {
      execute(kill);
    }
  }

  @Test
  void noticesThatARestoredBackupLostHistory() throws SQLException {
    try (MysqlPartitionStore store = open()) {
      Opened first = partition(store, 1);
      Opened opened = (Opened) store.open(Map.of(first.key(), first.epoch()), claim(5)).getFirst();
      execute("UPDATE fence SET epoch = 1, version = 1");

      Opened again = (Opened) store.reopen(opened);

      assertThat(again.historyLost()).isTrue();
      assertThat(again.epoch()).isEqualTo(new Epoch(3));
    }
  }

  @Test
  void bindsTheMetricsOfItsPools() {
    SimpleMeterRegistry meters = new SimpleMeterRegistry();
    try (MysqlPartitionStore store =
        MysqlPartitionStore.open(MysqlStores.settings(database), meters)) {
      store.databaseTime();

      assertThat(meters.find("hikaricp.connections").tag("pool", "test-lane-0").gauge())
          .isNotNull();
    }
  }
}
