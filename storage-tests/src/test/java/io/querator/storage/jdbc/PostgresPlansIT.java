package io.querator.storage.jdbc;

import static io.querator.storage.Samples.batch;
import static io.querator.storage.Samples.claim;
import static io.querator.storage.Samples.item;
import static io.querator.storage.Samples.lease;
import static org.assertj.core.api.Assertions.assertThat;

import io.querator.storage.BatchBuilder;
import io.querator.storage.CommitResult.Committed;
import io.querator.storage.Due;
import io.querator.storage.Epoch;
import io.querator.storage.ItemHead;
import io.querator.storage.KeyEntry;
import io.querator.storage.KeyHash;
import io.querator.storage.LowWater;
import io.querator.storage.Move;
import io.querator.storage.OpenResult.Opened;
import io.querator.storage.PageLimit;
import io.querator.storage.PartitionKey;
import io.querator.storage.Position;
import io.querator.storage.PositionRange;
import io.querator.storage.Samples;
import io.querator.storage.TestPostgres;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.postgresql.Driver;

/// Statements stay index scans from an empty table to two million rows, on connections that have
/// planned them while the table was empty.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class PostgresPlansIT {
  private static final int ROWS = 2_000_000;
  private static final int SCHEDULED = 100_000;
  private static final int KEYS = 200_000;

  /// Far above what a turn of one item takes, far below what a scan of the table would.
  private static final Duration TURN_MAX = Duration.ofMillis(100);

  private TestPostgres.Database database;
  private PostgresSettings settings;
  private PostgresPartitionStore store;
  private final PartitionKey key = new PartitionKey(7);
  private Opened opened;
  private long next = 10_000_000;

  @BeforeAll
  void open() {
    database = TestPostgres.database();
    settings = TestStores.settings(database);
    store = PostgresPartitionStore.open(settings, null);
    store.create(key);
    opened = (Opened) store.open(Map.of(key, Epoch.NONE), claim(1)).getFirst();
  }

  @AfterAll
  void close() {
    store.close();
  }

  @Test
  void stayIndexScans() throws SQLException {
    for (int i = 0; i < 10; i++) {
      useEveryStatement();
    }
    assertIndexScans();

    fill();
    long before = sequentiallyRead();
    List<Duration> taken = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      taken.add(useEveryStatement());
    }
    assertThat(sequentiallyRead()).as("items read by sequential scans").isEqualTo(before);
    taken.sort(null);
    assertThat(taken.get(10)).as("median of a round, %s", taken).isLessThan(TURN_MAX);
    assertIndexScans();

    execute("ANALYZE");
    useEveryStatement();
    assertThat(sequentiallyRead()).as("the same after ANALYZE").isEqualTo(before);
    assertIndexScans();
  }

  private Duration useEveryStatement() {
    long first = next;
    next += 10;
    write(
        batch(opened)
            .items(item(opened, first), item(opened, first + 1))
            .keys(key(first, 1_000 + (int) (first % 10))));
    write(batch(opened).items(item(opened, first + 2)).leases(lease(opened, first, first)));
    long began = System.nanoTime();
    write(everything(first));
    store.items(opened, new PositionRange(first, Long.MAX_VALUE), new PageLimit(10, 1_000));
    store.heads(opened, PositionRange.READY, 10);
    store.heads(opened, new long[] {first, first + 2});
    store.items(opened, new long[] {first, first + 2});
    store.due(opened, Due.FIRST, Long.MAX_VALUE - 1, 10);
    store.due(opened, Due.FIRST_NEVER, ItemHead.NEVER, 10);
    store.keys(opened, Set.of(KeyHash.of('k', "" + first), KeyHash.of('k', "none")), 0);
    store.keysAfter(opened, null, 10);
    store.keysAfter(opened, key(first, 1_003), 10);
    store.pruneKeys(opened, 1);
    return Duration.ofNanos(System.nanoTime() - began);
  }

  private BatchBuilder everything(long first) {
    return batch(opened)
        .items(item(opened, first + 3))
        .moves(
            new Move(
                Position.ready(opened.epoch(), first),
                Position.ready(opened.epoch(), first + 4),
                Samples.NOW,
                ItemHead.READY,
                1,
                null))
        .removed(Samples.positions(opened, first + 1, first + 2))
        .endedLeases(Position.ready(opened.epoch(), first))
        .keys(key(first + 1, 1_005))
        .removedKeys(KeyHash.of('k', "none"))
        .lowWater(new LowWater(first, -1));
  }

  private static KeyEntry key(long number, int minute) {
    return new KeyEntry(KeyHash.of('k', "" + number), minute, KeyHash.of('r', ""), 1, 1);
  }

  private void write(BatchBuilder batch) {
    assertThat(store.commit(List.of(batch.build())).getFirst()).isInstanceOf(Committed.class);
  }

  /// Rows of an older epoch, ready and scheduled, and keys of a quarter of an hour.
  private void fill() throws SQLException {
    execute(
        """
        INSERT INTO querator.q_%1$s SELECT
            n, now(), now(), now(), NULL, 0, 0, '', 'kind', 'reference', 'json', 'payload', NULL
          FROM generate_series(1, %2$d) n;
        INSERT INTO querator.q_%1$s SELECT
            -9223372036854775807 + n, now(), now(), now(), now() + n * interval '1 second', 0, 0, '', 'kind',
            'reference', 'json', 'payload', NULL
          FROM generate_series(1, %3$d) n;
        INSERT INTO querator.key SELECT 7, 1000 + n %% 15, gen_random_uuid(), gen_random_uuid(), 1, 1
          FROM generate_series(1, %4$d) n
        """
            .formatted(key, ROWS, SCHEDULED, KEYS));
  }

  private void execute(String sql) throws SQLException {
    try (Connection connection = database.connect();
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  private long sequentiallyRead() throws SQLException {
    try (Connection connection = database.connect();
        Statement statement = connection.createStatement()) {
      statement.execute("SELECT pg_stat_force_next_flush()");
      try (ResultSet row =
          statement.executeQuery(
              "SELECT sum(seq_tup_read) FROM pg_stat_user_tables WHERE relname LIKE 'q\\_%'"
                  + " OR relname IN ('key', 'lease')")) {
        row.next();
        return row.getLong(1);
      }
    }
  }

  /// What a new session plans for a turn with all its parts.
  private void assertIndexScans() throws SQLException {
    TurnStatement turn = new TurnStatement(new Tables("querator"), everything(next).build());
    String plan = explain(turn.sql(), turn::bind);

    assertThat(plan)
        .doesNotContain(
            "Seq Scan on q_", "Seq Scan on key", "Seq Scan on lease", "Seq Scan on fence")
        .contains("Scan using fence_pkey on fence")
        .containsPattern("(Scan using|Bitmap Index Scan on) q_\\w+_pkey")
        .containsPattern("(Scan using|Bitmap Index Scan on) lease_pkey")
        .containsPattern("(Scan using|Bitmap Index Scan on) key_pkey");
    assertThat(explainKeysAfter())
        .doesNotContain("Seq Scan")
        .containsPattern("(Scan using|Bitmap Index Scan on) key_pkey")
        .contains("Index Cond: ((partition = '7'::bigint) AND (ROW(minute, hash) > ROW(");
  }

  private String explainKeysAfter() throws SQLException {
    PartitionReads reads = new PartitionReads(new Tables("querator"), key);
    return explain(
        reads.keysAfter(), parameters -> reads.bindKeysAfter(parameters, key(1, 1_003), 10_000));
  }

  /// Gives a statement its parameters.
  @FunctionalInterface
  private interface Binding {
    void bind(Parameters parameters) throws SQLException;
  }

  private String explain(String sql, Binding binding) throws SQLException {
    Properties properties = Session.properties(settings, 10);
    try (Connection connection =
            new Driver().connect(PostgresUrl.parse(settings.url()).jdbc(), properties);
        PreparedStatement statement = connection.prepareStatement("EXPLAIN " + sql)) {
      binding.bind(new Parameters(statement));
      StringBuilder plan = new StringBuilder();
      try (ResultSet row = statement.executeQuery()) {
        while (row.next()) {
          plan.append(row.getString(1)).append('\n');
        }
      }
      return plan.toString();
    }
  }
}
