package io.querator.storage.mongo;

import static java.util.Objects.requireNonNull;

import com.mongodb.MongoException;
import com.mongodb.client.model.Filters;
import com.mongodb.client.model.Updates;
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
import io.querator.storage.Micros;
import io.querator.storage.OpenResult;
import io.querator.storage.OpenResult.Opened;
import io.querator.storage.PageLimit;
import io.querator.storage.PartitionKey;
import io.querator.storage.PartitionStore;
import io.querator.storage.PositionRange;
import io.querator.storage.StorageException;
import io.querator.storage.StoredItem;
import io.querator.storage.StoredLease;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Semaphore;
import java.util.function.Function;
import java.util.function.Supplier;
import org.bson.BsonDocument;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Keeps partitions in a MongoDB database. Safe for use by many threads.
///
/// Only the store that opened a partition can write to it: it knows the number of the next log
/// record. Other stores can read what is committed.
public final class MongoPartitionStore implements PartitionStore {
  private static final Logger log = LoggerFactory.getLogger(MongoPartitionStore.class);

  /// A payload may lie in several documents, so the server's limit of 16 MiB is none.
  private static final Limits LIMITS = new Limits(100_000, 256L << 20, 128L << 20);

  private static final int COUNTS_AT_ONCE = 4;
  private static final String GENERATION = "generation";

  private final MongoSettings settings;
  private final Surroundings surroundings;
  private final Connections connections;
  private final Collections collections;
  private final Holdings holdings = new Holdings();
  private final TakeOver takeOver;
  private final Partitions partitions;
  private final Parallel parallel;
  private final Semaphore counts = new Semaphore(COUNTS_AT_ONCE);
  private volatile long generationStored;

  /// On connections that are open. They are closed with this store.
  MongoPartitionStore(
      MongoSettings settings, Surroundings surroundings, Connections connections, Server server) {
    this.settings = settings;
    this.surroundings = surroundings;
    this.connections = connections;
    this.collections = connections.collections(server, surroundings.link());
    this.takeOver = new TakeOver(collections, surroundings, holdings);
    this.partitions = new Partitions(collections, takeOver);
    this.parallel = new Parallel();
  }

  /// Connects and checks the server.
  ///
  /// @param meters that get the metrics of the connection pools, or null
  /// @throws StorageException.Unavailable if the database cannot be reached
  /// @throws StorageException.Corrupt if a person must change something; the message says what
  public static MongoPartitionStore open(MongoSettings settings, @Nullable MeterRegistry meters) {
    requireNonNull(settings, "settings");
    String what = "storage " + settings.name() + ": cannot use " + MongoUrl.parse(settings.url());
    Connections connections = translatedAtStart(what, () -> new Connections(settings, meters));
    try {
      return translatedAtStart(
          what,
          () -> {
            Server server = checked(settings, connections);
            log.atInfo()
                .addKeyValue("settings", settings)
                .addKeyValue("server", server)
                .log("storage opened");
            return new MongoPartitionStore(settings, Surroundings.real(), connections, server);
          });
    } catch (RuntimeException e) {
      connections.close();
      throw e;
    }
  }

  private static <T> T translatedAtStart(String what, Supplier<T> work) {
    try {
      return work.get();
    } catch (MongoException e) {
      String text = what + ": " + e.getMessage();
      throw MongoErrors.isForAPerson(e)
          ? new StorageException.Corrupt(text, e)
          : new StorageException.Unavailable(text, e);
    }
  }

  private static Server checked(MongoSettings settings, Connections connections) {
    ServerCheck check = new ServerCheck(settings.name());
    Server server = connections.server();
    check.check(server);
    if (server.kind() == Server.Kind.SHARDED) {
      check.checkSharding(sharding(settings, connections));
    }
    return server;
  }

  private static List<BsonDocument> sharding(MongoSettings settings, Connections connections) {
    try {
      return connections.sharding();
    } catch (MongoException e) {
      if (!MongoErrors.isForAPerson(e)) {
        throw e;
      }
      log.atWarn()
          .addKeyValue("storage", settings.name())
          .log(
              "whether collections are sharded cannot be seen: they must not be. Grant the user"
                  + " {resource: {db: \"config\", collection: \"collections\"}, actions: [\"find\"]}");
      return List.of();
    }
  }

  /// The catalogue in the same database. It is closed with this store.
  public MongoCatalogue catalogue() {
    return new MongoCatalogue(collections.queue());
  }

  @Override
  public Limits limits() {
    return LIMITS;
  }

  @Override
  public void create(PartitionKey key) {
    run("create partition " + key, () -> partitions.create(key, connections.timeMicros()));
  }

  @Override
  public void drop(PartitionKey key) {
    run("drop partition " + key, () -> partitions.drop(key, connections.timeMicros()));
    holdings.forget(key);
  }

  private static void run(String what, Runnable work) {
    MongoErrors.translated(
        what,
        () -> {
          work.run();
          return true;
        });
  }

  @Override
  public Set<PartitionKey> created(Instant before) {
    return MongoErrors.translated(
        "list partitions",
        () -> {
          partitions.forget(connections.timeMicros());
          return partitions.created(Micros.of(before));
        });
  }

  @Override
  public long highestGeneration() {
    return MongoErrors.translated(
        "read the highest generation",
        () -> {
          BsonDocument found = collections.storage().first(Query.of(Filters.eq("_id", GENERATION)));
          return found == null ? 0 : found.getInt64("highest").getValue();
        });
  }

  /// Before a partition is opened with it, so that none has a higher one.
  private void storeGeneration(long generation) {
    if (generation > generationStored) {
      collections
          .storage()
          .upsert(Filters.eq("_id", GENERATION), Updates.max("highest", generation));
      generationStored = generation;
    }
  }

  @Override
  public List<OpenResult> open(Map<PartitionKey, Epoch> highestSeen, Claim claim) {
    return MongoErrors.translated(
        "take over partitions",
        () -> {
          storeGeneration(claim.generation());
          long now = connections.timeMicros();
          List<Attempt> attempts =
              parallel.map(
                  highestSeen.keySet(),
                  key -> {
                    Epoch seen = requireNonNull(highestSeen.get(key));
                    return new Attempt(key, seen, takeOver.open(key, seen, claim, false, now));
                  });
          Instant opened = connections.time();
          return attempts.stream().map(attempt -> attempt.result(claim, opened)).toList();
        });
  }

  @Override
  public OpenResult reopen(Opened last) {
    return MongoErrors.translated(
        "reopen partition " + last.key(),
        () -> {
          Claim claim = last.claim();
          storeGeneration(claim.generation());
          TakeOver.Result result =
              takeOver.open(last.key(), last.epoch(), claim, true, connections.timeMicros());
          return new Attempt(last.key(), last.epoch(), result).result(claim, connections.time());
        });
  }

  /// @param seen the highest epoch that was known
  private record Attempt(PartitionKey key, Epoch seen, TakeOver.Result result) {
    OpenResult result(Claim claim, Instant now) {
      return switch (result) {
        case TakeOver.Result.Missing _ -> new OpenResult.Missing(key);
        case TakeOver.Result.Stale _ -> new OpenResult.Stale(key);
        case TakeOver.Result.Taken(var holding, var historyLost) -> {
          if (historyLost && !holding.base().filling()) {
            log.atError()
                .addKeyValue("partition", key)
                .addKeyValue("seen", seen)
                .log("storage_history_lost");
          }
          yield new Opened(
              key,
              claim,
              new Epoch(holding.epoch()),
              now,
              holding.opening().lowWater(),
              historyLost,
              false);
        }
      };
    }
  }

  @Override
  public List<CommitResult> commit(List<Batch> batches) {
    List<CommitResult> results = new ArrayList<>(batches.size());
    for (Batch batch : batches) {
      Surroundings.Patience patience = surroundings.patience(settings.commitTimeout());
      results.add(new Commit(takeOver, holdings, patience, batch).write());
    }
    return results;
  }

  @Override
  public List<StoredItem> items(Opened opened, PositionRange range, PageLimit limit) {
    return read(opened, "read items", view -> new ItemReads(view).items(range, limit));
  }

  @Override
  public List<StoredItem> items(Opened opened, long[] positions) {
    return read(opened, "read items", view -> new ItemReads(view).items(positions));
  }

  @Override
  public List<ItemHead> heads(Opened opened, PositionRange range, int max) {
    return read(opened, "read heads", view -> new ItemReads(view).heads(range, max));
  }

  @Override
  public List<ItemHead> heads(Opened opened, long[] positions) {
    return read(opened, "read heads", view -> new ItemReads(view).heads(positions));
  }

  @Override
  public List<ItemHead> due(Opened opened, Due after, long until, int max) {
    return read(opened, "read due items", view -> new ItemReads(view).due(after, until, max));
  }

  @Override
  public List<StoredLease> leases(Opened opened) {
    return read(opened, "read leases", view -> new PartitionReads(view).leases());
  }

  @Override
  public Map<KeyHash, KeyEntry> keys(Opened opened, Set<KeyHash> hashes, int fromMinute) {
    return read(opened, "read keys", view -> new PartitionReads(view).keys(hashes, fromMinute));
  }

  @Override
  public List<KeyEntry> keysAfter(Opened opened, @Nullable KeyEntry after, int max) {
    PartitionStore.checkKeysMax(max);
    return read(opened, "read all keys", view -> new KeyPages(view).after(after, max));
  }

  private <T> T read(Opened opened, String what, Function<View, T> reader) {
    return MongoErrors.translated(
        what + " of partition " + opened.key(), () -> reader.apply(view(opened)));
  }

  private View view(Opened opened) {
    Holding holding = holdings.current(opened);
    return holding == null ? stored(opened.key()) : holding.view();
  }

  /// What a store sees of a partition that it has not opened.
  private View stored(PartitionKey key) {
    Documents documents = collections.items(key);
    PartitionLog records = new PartitionLog(documents);
    PartitionLog.Head head = records.head();
    if (head == null || head.open().dropped()) {
      throw new StorageException.Fenced("partition " + key + " does not exist");
    }
    LogRecord.State state = head.state();
    Bounds bounds =
        new Bounds(
            Base.of(head.open()), head.ends(), new End(state.epoch() + 1, -1, state.number()));
    return new View(documents, bounds, records.removals(state.cleaned(), state.number()));
  }

  @Override
  public Counting count(Opened opened, PositionRange range, Instant base) {
    if (!counts.tryAcquire()) {
      throw new StorageException.Unavailable("too many counts are under way", null);
    }
    try {
      return MongoErrors.translated(
          "count partition " + opened.key(), () -> begin(opened, range, base));
    } catch (RuntimeException e) {
      counts.release();
      throw e;
    }
  }

  private Counting begin(Opened opened, PositionRange range, Instant base) {
    Documents documents = collections.itemsPatiently(opened.key());
    Holding holding = holdings.current(opened);
    if (holding == null) {
      MongoCounting counting = counting(documents, stored(opened.key()).bounds(), range, base);
      surroundings.background().execute(counting.task());
      return counting;
    }
    List<Counting> begun = new ArrayList<>();
    holding.scan(bounds -> {
      MongoCounting counting = counting(documents, bounds, range, base);
      begun.add(counting);
      return counting.task();
    });
    return begun.getFirst();
  }

  private MongoCounting counting(
      Documents documents, Bounds bounds, PositionRange range, Instant base) {
    return MongoCounting.of(documents, bounds, range, base, counts::release);
  }

  @Override
  public void pruneKeys(Opened opened, int beforeMinute) {
    try {
      run(
          "prune keys of partition " + opened.key(),
          () -> collections.items(opened.key()).delete(Ids.keysBefore(beforeMinute)));
    } catch (StorageException e) {
      log.atWarn().addKeyValue("partition", opened.key()).setCause(e).log("keys were not pruned");
    }
    Holding holding = holdings.current(opened);
    if (holding != null) {
      holding.cleanUp().wantSweep();
    }
  }

  @Override
  public Set<PartitionKey> superseded(Map<PartitionKey, Epoch> mine) {
    return MongoErrors.translated(
        "read epochs",
        () -> {
          Set<PartitionKey> lost = new HashSet<>();
          List<PartitionKey> keys = List.copyOf(mine.keySet());
          List<Boolean> held =
              parallel.map(keys, key -> isHeld(key, requireNonNull(mine.get(key))));
          for (int i = 0; i < keys.size(); i++) {
            if (!held.get(i)) {
              lost.add(keys.get(i));
            }
          }
          return lost;
        });
  }

  private boolean isHeld(PartitionKey key, Epoch epoch) {
    LogRecord last = new PartitionLog(collections.items(key)).last();
    return last != null && last.epoch() == epoch.value();
  }

  @Override
  public Instant databaseTime() {
    return MongoErrors.translated("read the clock", connections::time);
  }

  @Override
  public void close() {
    holdings.close();
    connections.close();
  }
}
