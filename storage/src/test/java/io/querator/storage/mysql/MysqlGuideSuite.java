package io.querator.storage.mysql;

import static io.querator.storage.Samples.NOW;
import static io.querator.storage.Samples.batch;
import static io.querator.storage.Samples.claim;
import static io.querator.storage.Samples.item;
import static io.querator.storage.Samples.lease;
import static io.querator.storage.Samples.positions;
import static io.querator.storage.Samples.scheduled;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.querator.storage.Async;
import io.querator.storage.CommitResult.Committed;
import io.querator.storage.Counting;
import io.querator.storage.Due;
import io.querator.storage.Epoch;
import io.querator.storage.ItemHead;
import io.querator.storage.KeyEntry;
import io.querator.storage.KeyHash;
import io.querator.storage.OpenResult.Opened;
import io.querator.storage.PartitionKey;
import io.querator.storage.PartitionRecord;
import io.querator.storage.PositionRange;
import io.querator.storage.QueueRecord;
import io.querator.storage.StorageException;
import io.querator.storage.TestMysql;
import io.querator.storage.TestMysql.Kind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/// The guide for operators: what it says is executed, and is enough. On either server.
abstract class MysqlGuideSuite {
  private static final Path GUIDE = Path.of("../docs/databases/mysql.md");
  private static final Pattern SQL = Pattern.compile("```sql\n(.*?)```", Pattern.DOTALL);
  private static final String PASSWORD = "change-me";

  private final TestMysql.Database database;
  private final String user;

  MysqlGuideSuite(Kind kind) {
    database = TestMysql.database(kind);
    user = "u" + database.name().substring(5, 25);
  }

  /// The blocks of SQL of a section, about this test's database and user.
  private List<String> statements(String section) throws IOException {
    String guide = Files.readString(GUIDE);
    int from = guide.indexOf("\n## " + section);
    assertThat(from).as("section %s", section).isPositive();
    int to = guide.indexOf("\n## ", from + 1);
    Matcher blocks = SQL.matcher(guide.substring(from, to < 0 ? guide.length() : to));
    return blocks
        .results()
        .flatMap(block -> Pattern.compile(";\n").splitAsStream(block.group(1)))
        .map(String::strip)
        .filter(statement -> !statement.isEmpty())
        .map(statement -> statement.replace("querator.", database.name() + "."))
        .map(statement -> statement.replace("DATABASE querator", "DATABASE " + database.name()))
        .map(statement -> statement.replace("'querator'@", "'" + user + "'@"))
        .toList();
  }

  private String execute(String sql) throws SQLException {
    try (Connection connection = database.connect();
        Statement statement = connection.createStatement()) {
      if (!statement.execute(sql)) {
        return "";
      }
      StringBuilder rows = new StringBuilder();
      try (ResultSet row = statement.getResultSet()) {
        while (row.next()) {
          for (int i = 1; i <= row.getMetaData().getColumnCount(); i++) {
            rows.append(row.getString(i)).append(' ');
          }
        }
      }
      return rows.toString();
    }
  }

  private void prepare() throws IOException, SQLException {
    List<String> statements = statements("Prepare");
    assertThat(statements).hasSizeGreaterThanOrEqualTo(3);
    try (Connection connection = database.named("mysql").connect();
        Statement statement = connection.createStatement()) {
      statement.execute("DROP DATABASE " + database.name());
      statement.execute("DROP USER IF EXISTS '" + user + "'@'%'");
      for (String each : statements) {
        statement.execute(each);
      }
    }
  }

  private MysqlPartitionStore open() {
    return MysqlPartitionStore.open(
        new MysqlSettings(
            "test",
            database.url(),
            user,
            PASSWORD,
            MysqlSettings.DEFAULT_SCHEMA,
            1,
            Duration.ofSeconds(10)),
        null);
  }

  private static Opened opened(MysqlPartitionStore store, PartitionKey key, long version) {
    return (Opened) store.open(Map.of(key, Epoch.NONE), claim(version)).getFirst();
  }

  /// A store in its life does all that it ever does.
  @Test
  void theRightsThatItNamesAreEnough() throws Exception {
    prepare();
    try (MysqlPartitionStore store = open()) {
      PartitionKey key = new PartitionKey(7);
      store.create(key);
      Opened opened = opened(store, key, 1);

      assertThat(
              store.commit(
                  List.of(
                      batch(opened)
                          .items(scheduled(opened, 1, NOW), item(opened, 2))
                          .leases(lease(opened, 3, positions(opened, 2, 2)))
                          .keys(new KeyEntry(KeyHash.of('k', "a"), 5, KeyHash.of('r', ""), 1, 1))
                          .build())))
          .hasOnlyElementsOfType(Committed.class);

      assertThat(store.due(opened, Due.FIRST, NOW, 9)).hasSize(1);
      assertThat(store.leases(opened)).hasSize(1);
      assertThat(store.keys(opened, Set.of(KeyHash.of('k', "a")), 0)).hasSize(1);
      try (Counting counting = store.count(opened, PositionRange.READY, Instant.EPOCH)) {
        assertThat(counting.await().items()).isEqualTo(1);
      }
      store.pruneKeys(opened, 6);
      assertThat(store.keys(opened, Set.of(KeyHash.of('k', "a")), 0)).isEmpty();
      assertThat(store.catalogue().create(queue(key))).isTrue();
      assertThat(store.catalogue().queues()).containsExactly(queue(key));
      store.drop(key);
    }
  }

  /// The session of an older owner is ended by one that has no other rights either.
  @Test
  void theRightsThatItNamesAreEnoughToEndASession() throws Exception {
    prepare();
    try (MysqlPartitionStore older = open();
        MysqlPartitionStore newer = open()) {
      PartitionKey key = new PartitionKey(8);
      older.create(key);
      Opened old = opened(older, key, 1);
      older.commit(List.of(batch(old).items(item(old, 1)).build()));
      try (MysqlRival rival = new MysqlRival(database)) {
        rival.lockItems(key);
        CompletableFuture<?> late =
            Async.supply(
                () -> older.commit(List.of(batch(old).removed(positions(old, 1, 1)).build())));
        rival.awaitBlocked();

        Opened current = opened(newer, key, 2);

        assertThat(current.epoch()).isGreaterThan(old.epoch());
        assertThat(late.get(30, TimeUnit.SECONDS)).isNotNull();
      }
    }
  }

  @Test
  void withoutThemItSaysWhatIsMissing() throws Exception {
    prepare();
    execute("REVOKE CREATE ON " + database.name() + ".* FROM '" + user + "'@'%'");

    assertThatThrownBy(this::open)
        .isInstanceOf(StorageException.Corrupt.class)
        .hasMessageContaining("CREATE command denied");
  }

  private static QueueRecord queue(PartitionKey key) {
    return new QueueRecord(
        "orders",
        1,
        "_system",
        Instant.EPOCH,
        Instant.EPOCH,
        "",
        "",
        Duration.ofMinutes(1),
        Duration.ofDays(1),
        0,
        1,
        List.of(new PartitionRecord(0, key, "default", PartitionRecord.State.ACTIVE)),
        1,
        Instant.EPOCH);
  }

  @Test
  void itsStatementsShowTheItemsOfAQueue() throws Exception {
    prepare();
    try (MysqlPartitionStore store = open()) {
      PartitionKey key = new PartitionKey(7);
      store.create(key);
      store.catalogue().create(queue(key));
      Opened opened = opened(store, key, 1);
      store.commit(
          List.of(
              batch(opened)
                  .items(
                      scheduled(opened, 1, NOW),
                      scheduled(opened, 2, ItemHead.NEVER),
                      item(opened, 3, "hello"))
                  .leases(lease(opened, 4, positions(opened, 3, 3)))
                  .build()));

      StringBuilder shown = new StringBuilder();
      for (String statement : statements("Look at a queue's items")) {
        String rows = execute(statement.replace("q_aaaaaaaaaaaah", "q_" + key));
        assertThat(rows).as(statement).isNotEmpty();
        shown.append(rows);
      }

      assertThat(shown.toString())
          .contains("orders 0 " + key + " default ACTIVE")
          .contains("welcome-email user-3 json hello")
          .contains("2026-03-29 00:59:59.999998")
          .contains("client-4");
    }
  }
}
