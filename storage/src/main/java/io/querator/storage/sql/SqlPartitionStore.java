package io.querator.storage.sql;

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
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Keeps partitions in a SQL database: one table a partition, one fenced round trip a turn. Safe
/// for use by many threads.
public abstract class SqlPartitionStore implements PartitionStore {
  /// The connections of a store, which closes them.
  ///
  /// @param lanes pools of [#LANE_CONNECTIONS], each for a share of the partitions
  /// @param control for all that concerns no partition's data
  /// @param counts of [#COUNT_CONNECTIONS], for counts alone
  public record Connections(
      List<ConnectionPool> lanes, ConnectionPool control, ConnectionPool counts) {
    public Connections {
      lanes = List.copyOf(lanes);
    }
  }

  public static final int LANE_CONNECTIONS = 2;
  public static final int CONTROL_CONNECTIONS = 4;
  public static final int COUNT_CONNECTIONS = 4;

  /// How long control connections wait for a silent server.
  public static final int CONTROL_SILENT_SECONDS = 8;

  /// How long a count may take, and a little.
  public static final int COUNT_SILENT_SECONDS = 660;

  private static final Logger log = LoggerFactory.getLogger(SqlPartitionStore.class);

  private final SqlDialect dialect;
  private final FenceTable fences;
  private final List<Lane> lanes;
  private final ConnectionPool control;
  private final CountConnections counts;
  private final Duration commitTimeout;
  private final TakeOver takeOver;
  private final EmptyPartitions empties;

  protected SqlPartitionStore(
      SqlDialect dialect, FenceTable fences, Connections connections, Duration commitTimeout) {
    this.dialect = dialect;
    this.fences = fences;
    this.lanes = connections.lanes().stream().map(Lane::new).toList();
    this.control = connections.control();
    this.counts = new CountConnections(connections.counts(), COUNT_CONNECTIONS);
    this.commitTimeout = commitTimeout;
    this.takeOver = new TakeOver(fences);
    this.empties = new EmptyPartitions(dialect, this::lane);
  }

  /// How long a lane's connections wait for a silent server: a commit gives up on one half-way, so
  /// that the other half is left to find out what became of it.
  protected static int laneSilentSeconds(Duration commitTimeout) {
    return (int) Math.max(1, commitTimeout.toSeconds() / 2);
  }

  /// Connects in advance, in the background: in a process that has just started, a login takes a
  /// good part of the time for which a partition that moves here is not served.
  protected final void warmUp(String name) {
    Thread.ofVirtual()
        .name("warm-up-" + name)
        .start(() -> {
          control.warmUp();
          lanes.forEach(lane -> lane.pool().warmUp());
        });
  }

  @Override
  public Limits limits() {
    return dialect.limits();
  }

  @Override
  public void create(PartitionKey key) {
    lane(key).pool().repeatable("create partition " + key, c -> dialect.create(c, key));
  }

  @Override
  public void drop(PartitionKey key) {
    takeOver.condemn(key);
    String what = "drop partition " + key;
    boolean more = true;
    while (more) {
      more = control.repeatable(what, c -> dialect.dropSome(c, key));
    }
    control.repeatable(what, c -> dialect.drop(c, key));
  }

  @Override
  public Set<PartitionKey> created(Instant before) {
    return control.repeatable("list partitions", c -> dialect.created(c, before));
  }

  @Override
  public long highestGeneration() {
    return control.repeatable("read the highest generation", dialect::highestGeneration);
  }

  @Override
  public List<OpenResult> open(Map<PartitionKey, Epoch> highestSeen, Claim claim) {
    return empties.marked(takeOver.open(highestSeen, claim));
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
      results.add(new Commit(dialect, pool, takeOver, commitTimeout).write(batch));
    }
    return results;
  }

  @Override
  public List<StoredItem> items(Opened opened, PositionRange range, PageLimit limit) {
    return read(opened, "read items", c -> rows(opened).items(c, range, limit));
  }

  @Override
  public List<StoredItem> items(Opened opened, long[] positions) {
    return read(opened, "read items", c -> rows(opened).items(c, positions));
  }

  @Override
  public List<ItemHead> heads(Opened opened, PositionRange range, int max) {
    return read(opened, "read heads", c -> rows(opened).heads(c, range, max));
  }

  @Override
  public List<ItemHead> heads(Opened opened, long[] positions) {
    return read(opened, "read heads", c -> rows(opened).heads(c, positions));
  }

  @Override
  public List<ItemHead> due(Opened opened, Due after, long until, int max) {
    return read(opened, "read due items", c -> rows(opened).due(c, after, until, max));
  }

  @Override
  public List<StoredLease> leases(Opened opened) {
    return read(opened, "read leases", c -> rows(opened).leases(c));
  }

  @Override
  public Map<KeyHash, KeyEntry> keys(Opened opened, Set<KeyHash> hashes, int fromMinute) {
    return read(opened, "read keys", c -> rows(opened).keys(c, hashes, fromMinute));
  }

  @Override
  public List<KeyEntry> keysAfter(Opened opened, @Nullable KeyEntry after, int max) {
    PartitionStore.checkKeysMax(max);
    return read(opened, "read all keys", c -> rows(opened).keysAfter(c, after, max));
  }

  @Override
  public Counting count(Opened opened, PositionRange range, Instant base) {
    return SqlCounting.begin(counts, dialect, dialect.items(opened.key()), range, base);
  }

  @Override
  public void pruneKeys(Opened opened, int beforeMinute) {
    try {
      lane(opened.key()).pool().repeatable("prune keys", c -> rows(opened).prune(c, beforeMinute));
    } catch (StorageException e) {
      log.atWarn().addKeyValue("partition", opened.key()).setCause(e).log("keys were not pruned");
    }
  }

  @Override
  public Set<PartitionKey> superseded(Map<PartitionKey, Epoch> mine) {
    Map<PartitionKey, Fence> stored = fences.read(mine.keySet());
    Set<PartitionKey> lost = new HashSet<>();
    mine.forEach((key, epoch) -> {
      Fence fence = stored.get(key);
      if (fence == null || !fence.epoch().equals(epoch)) {
        lost.add(key);
      }
    });
    return lost;
  }

  @Override
  public Instant databaseTime() {
    return control.repeatable("read the clock", dialect::databaseTime);
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

  private PartitionQueries rows(Opened opened) {
    return dialect.partition(opened.key());
  }

  private Lane lane(PartitionKey key) {
    return lanes.get(lane(key, lanes.size()));
  }

  /// Which of `lanes` lanes a partition is bound to, always the same.
  public static int lane(PartitionKey key, int lanes) {
    return Math.floorMod(Long.hashCode(key.bits()), lanes);
  }
}
