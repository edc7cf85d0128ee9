package io.querator.storage.jdbc;

import static java.util.Objects.requireNonNull;

import io.micrometer.core.instrument.MeterRegistry;
import io.querator.storage.Batch;
import io.querator.storage.Claim;
import io.querator.storage.CommitResult;
import io.querator.storage.Counting;
import io.querator.storage.Due;
import io.querator.storage.Epoch;
import io.querator.storage.ItemHead;
import io.querator.storage.KeyEntry;
import io.querator.storage.KeyHash;
import io.querator.storage.Limits;
import io.querator.storage.OpenResult;
import io.querator.storage.OpenResult.Opened;
import io.querator.storage.PageLimit;
import io.querator.storage.PartitionKey;
import io.querator.storage.PartitionStore;
import io.querator.storage.PositionRange;
import io.querator.storage.StorageException;
import io.querator.storage.StoredItem;
import io.querator.storage.StoredLease;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Keeps partitions in a PostgreSQL database. Safe for use by many threads.
public final class PostgresPartitionStore implements PartitionStore {
  private static final Logger log = LoggerFactory.getLogger(PostgresPartitionStore.class);

  /// A message to the server is at most 1 GiB, and an item crosses memory several times.
  private static final Limits LIMITS = new Limits(100_000, 256L << 20, 128L << 20);

  private static final int CONTROL_CONNECTIONS = 4;
  private static final int CONTROL_SILENT_SECONDS = 8;
  private static final int COUNT_CONNECTIONS = 4;
  private static final int COUNT_SILENT_SECONDS = 660;

  private final PostgresSettings settings;
  private final Tables tables;
  private final List<Lane> lanes = new ArrayList<>();
  private final ConnectionPool control;
  private final CountConnections counts;
  private final TakeOver takeOver;
  private final Fences fences;

  private PostgresPartitionStore(PostgresSettings settings, @Nullable MeterRegistry meters) {
    this.settings = settings;
    this.tables = new Tables(settings.schema());
    for (int number = 0; number < settings.lanes(); number++) {
      lanes.add(new Lane(number, settings, meters));
    }
    this.control =
        new ConnectionPool(
            "control", CONTROL_CONNECTIONS, settings, CONTROL_SILENT_SECONDS, meters);
    this.counts =
        new CountConnections(
            new ConnectionPool("count", COUNT_CONNECTIONS, settings, COUNT_SILENT_SECONDS, meters),
            COUNT_CONNECTIONS);
    this.takeOver = new TakeOver(tables, control);
    this.fences = new Fences(tables);
  }

  /// Connects, checks the server, and brings the schema up to date.
  ///
  /// @param meters that get the metrics of the connection pools, or null
  /// @throws StorageException.Unavailable if the database cannot be reached
  /// @throws StorageException.Corrupt if a person must change something; the message says what
  public static PostgresPartitionStore open(
      PostgresSettings settings, @Nullable MeterRegistry meters) {
    requireNonNull(settings, "settings");
    PostgresPartitionStore store = new PostgresPartitionStore(settings, meters);
    try {
      store.prepare();
      store.warmUp();
      return store;
    } catch (RuntimeException e) {
      store.close();
      throw e;
    }
  }

  private void prepare() {
    try (Connection connection = control.connect()) {
      new ServerCheck(settings).check(connection);
      new PostgresSchema(settings.schema()).migrate(connection);
    } catch (SQLException e) {
      String what =
          "storage " + settings.name() + ": cannot use " + PostgresUrl.parse(settings.url());
      throw PostgresErrors.isPermanent(e)
          ? new StorageException.Corrupt(PostgresErrors.permanent(what, e), e)
          : PostgresErrors.exception(what, e);
    }
    log.atInfo().addKeyValue("settings", settings).log("storage opened");
  }

  /// Connects in advance, in the background: in a process that has just started, a login takes a
  /// good part of the time for which a partition that moves here is not served.
  private void warmUp() {
    Thread.ofVirtual()
        .name("warm-up-" + settings.name())
        .start(() -> {
          control.warmUp();
          lanes.forEach(lane -> lane.pool().warmUp());
        });
  }

  /// The catalogue in the same database. It is closed with this store.
  public PostgresCatalogue catalogue() {
    return new PostgresCatalogue(tables, control);
  }

  @Override
  public Limits limits() {
    return LIMITS;
  }

  @Override
  public void create(PartitionKey key) {
    ItemTable table = new ItemTable(tables);
    lane(key)
        .pool()
        .repeatable("create partition " + key, connection -> table.create(connection, key));
  }

  @Override
  public void drop(PartitionKey key) {
    takeOver.condemn(key);
    String what = "drop partition " + key;
    ItemTable table = new ItemTable(tables);
    boolean more = true;
    while (more) {
      more = control.repeatable(what, connection -> table.dropSome(connection, key));
    }
    control.repeatable(what, connection -> table.drop(connection, key));
  }

  @Override
  public Set<PartitionKey> created(Instant before) {
    return control.repeatable("list partitions", c -> fences.created(c, before));
  }

  @Override
  public long highestGeneration() {
    return control.repeatable("read the highest generation", fences::highestGeneration);
  }

  @Override
  public List<OpenResult> open(Map<PartitionKey, Epoch> highestSeen, Claim claim) {
    return takeOver.open(highestSeen, claim);
  }

  @Override
  public OpenResult reopen(Opened last) {
    return takeOver.reopen(last);
  }

  @Override
  public List<CommitResult> commit(List<Batch> batches) {
    List<CommitResult> results = new ArrayList<>(batches.size());
    for (Batch batch : batches) {
      ConnectionPool pool = lane(batch.partition().key()).pool();
      results.add(new Commit(tables, pool, takeOver, settings.commitTimeout()).write(batch));
    }
    return results;
  }

  @Override
  public List<StoredItem> items(Opened opened, PositionRange range, PageLimit limit) {
    return read(opened, "read items", c -> items(opened).items(c, range, limit));
  }

  @Override
  public List<StoredItem> items(Opened opened, long[] positions) {
    return read(opened, "read items", c -> items(opened).items(c, positions));
  }

  @Override
  public List<ItemHead> heads(Opened opened, PositionRange range, int max) {
    return read(opened, "read heads", c -> items(opened).heads(c, range, max));
  }

  @Override
  public List<ItemHead> heads(Opened opened, long[] positions) {
    return read(opened, "read heads", c -> items(opened).heads(c, positions));
  }

  @Override
  public List<ItemHead> due(Opened opened, Due after, long until, int max) {
    return read(opened, "read due items", c -> items(opened).due(c, after, until, max));
  }

  @Override
  public List<StoredLease> leases(Opened opened) {
    return read(opened, "read leases", c -> rest(opened).leases(c));
  }

  @Override
  public Map<KeyHash, KeyEntry> keys(Opened opened, Set<KeyHash> hashes, int fromMinute) {
    return read(opened, "read keys", c -> rest(opened).keys(c, hashes, fromMinute));
  }

  @Override
  public Counting count(Opened opened, PositionRange range, Instant base) {
    return PostgresCounting.begin(counts, tables.items(opened.key()), range, base);
  }

  @Override
  public void pruneKeys(Opened opened, int beforeMinute) {
    try {
      lane(opened.key()).pool().repeatable("prune keys", c -> rest(opened).prune(c, beforeMinute));
    } catch (StorageException e) {
      log.atWarn().addKeyValue("partition", opened.key()).setCause(e).log("keys were not pruned");
    }
  }

  @Override
  public Set<PartitionKey> superseded(Map<PartitionKey, Epoch> mine) {
    return control.repeatable("read epochs", c -> fences.superseded(c, mine));
  }

  @Override
  public Instant databaseTime() {
    return control.repeatable("read the clock", Fences::databaseTime);
  }

  @Override
  public void close() {
    lanes.forEach(Lane::close);
    counts.close();
    control.close();
  }

  private <T> T read(Opened opened, String what, ConnectionPool.Work<T> work) {
    return lane(opened.key()).read(what + " of partition " + opened.key(), work);
  }

  private ItemReads items(Opened opened) {
    return new ItemReads(tables, opened.key());
  }

  private PartitionReads rest(Opened opened) {
    return new PartitionReads(tables, opened.key());
  }

  /// Always the same for a partition.
  private Lane lane(PartitionKey key) {
    return lanes.get(Math.floorMod(Long.hashCode(key.bits()), lanes.size()));
  }
}
