package io.querator.storage;

import static io.querator.storage.Samples.NOW;
import static io.querator.storage.Samples.batch;
import static io.querator.storage.Samples.claim;
import static io.querator.storage.Samples.item;
import static io.querator.storage.Samples.lease;
import static io.querator.storage.Samples.positions;
import static io.querator.storage.Samples.scheduled;
import static org.assertj.core.api.Assertions.assertThat;

import io.querator.storage.CommitResult.Committed;
import io.querator.storage.OpenResult.Opened;
import io.querator.storage.database.Database;
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

/// The page for operators of a SQL database: what it says is executed, and is enough.
public abstract class GuideContract {
  private static final Pattern SQL = Pattern.compile("```sql\n(.*?)```", Pattern.DOTALL);

  /// Makes a database and a user of it, by the statements of the page.
  protected abstract void prepare() throws Exception;

  /// A new store for that user.
  protected abstract Database open();

  /// A new session with the database, of somebody who may do everything.
  protected abstract Connection connect() throws SQLException;

  protected abstract Rival rival() throws SQLException;

  /// The statements that show what is in the database.
  protected abstract List<String> looks() throws IOException;

  /// What they show of the time when an item was made.
  protected abstract String createdAt();

  /// The statements in the blocks of SQL of a section, without their semicolons.
  ///
  /// @param page in `docs/databases`
  /// @param section how its heading begins
  protected static List<String> statements(String page, String section) throws IOException {
    String guide = Files.readString(Path.of("../docs/databases", page));
    int from = guide.indexOf("\n## " + section);
    assertThat(from).as("section %s", section).isPositive();
    int to = guide.indexOf("\n## ", from + 1);
    Matcher blocks = SQL.matcher(guide.substring(from, to < 0 ? guide.length() : to));
    return blocks
        .results()
        .flatMap(block -> Pattern.compile(";\n").splitAsStream(block.group(1)))
        .map(String::strip)
        .filter(statement -> !statement.isEmpty())
        .toList();
  }

  protected final String execute(String sql) throws SQLException {
    try (Connection connection = connect();
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

  private static Opened opened(PartitionStore store, PartitionKey key, long version) {
    return (Opened) store.open(Map.of(key, Epoch.NONE), claim(version)).getFirst();
  }

  /// A store in its life does all that it ever does.
  @Test
  void theRightsThatItNamesAreEnough() throws Exception {
    prepare();
    try (Database database = open()) {
      PartitionStore store = database.store();
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
      assertThat(database.catalogue().create(queue(key))).isTrue();
      assertThat(database.catalogue().queues()).containsExactly(queue(key));
      store.drop(key);
    }
  }

  /// The session of an older owner is ended by one that has no other rights either.
  @Test
  void theRightsThatItNamesAreEnoughToEndASession() throws Exception {
    prepare();
    try (Database one = open();
        Database other = open()) {
      PartitionStore older = one.store();
      PartitionStore newer = other.store();
      PartitionKey key = new PartitionKey(8);
      older.create(key);
      Opened old = opened(older, key, 1);
      older.commit(List.of(batch(old).items(item(old, 1)).build()));
      try (Rival rival = rival()) {
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
    try (Database database = open()) {
      PartitionStore store = database.store();
      // the guide knows it as aaaaaaaaaaaah
      PartitionKey key = new PartitionKey(7);
      store.create(key);
      database.catalogue().create(queue(key));
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
      for (String statement : looks()) {
        String rows = execute(statement);
        assertThat(rows).as(statement).isNotEmpty();
        shown.append(rows);
      }

      assertThat(shown.toString())
          .contains("orders 0 " + key + " default ACTIVE")
          .contains("welcome-email user-3 json hello")
          .contains(createdAt())
          .contains("client-4");
    }
  }
}
