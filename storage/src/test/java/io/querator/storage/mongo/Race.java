package io.querator.storage.mongo;

import com.mongodb.client.model.Filters;
import io.querator.storage.Epoch;
import io.querator.storage.PartitionKey;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.bson.BsonDocument;
import org.jspecify.annotations.Nullable;

/// Rounds in which three processes want one partition, over a network that loses, delays and
/// repeats what they send, while they crash. In one round of three the partition is filled from
/// another one before, over the same network. For one thread.
final class Race implements AutoCloseable {
  private static final int OWNERS = 3;

  /// How often each process is started in a round, and takes the partition.
  private static final int STARTS = 2;

  private static final int TAKES = 3;
  private static final int TURNS = 4;
  private static final int LOG_LEFT = 4;

  /// How often a filling is begun over a bad network, before it gets a good one.
  private static final int FILLINGS = 8;

  /// How a round went.
  ///
  /// @param violation null if there was none
  record Round(List<String> story, @Nullable Throwable violation) {}

  private final MongoSettings settings;
  private final Connections connections;
  private final Server server;
  private final Collections raw;
  private final MongoPartitionStore setUp;
  private final FaultyLink.Tally tally = new FaultyLink.Tally();
  private long turns;

  Race(MongoSettings settings) {
    this.settings = settings;
    this.connections = new Connections(settings, null);
    this.server = connections.server();
    this.raw = connections.collections(server, collection -> collection);
    this.setUp = new MongoPartitionStore(settings, Surroundings.real(), connections, server);
  }

  /// One round: the same again for the same seed.
  Round run(long seed, PlantedBug bug) {
    Random random = new Random(seed);
    Ledger ledger = new Ledger();
    List<Runnable> veryLate = new ArrayList<>();
    AtomicLong decisions = new AtomicLong();
    RoundOf round = new RoundOf(ledger, random, bug, veryLate, decisions);
    Throwable violation = round.runAll(seed % 3 == 0);
    turns += ledger.story().size();
    for (PartitionKey key : round.keys) {
      raw.drop(Ids.collection(key));
      raw.partition().delete(Filters.eq("_id", key.toString()));
    }
    return new Round(List.copyOf(ledger.story()), violation);
  }

  FaultyLink.Tally tally() {
    return tally;
  }

  /// Openings and turns.
  long events() {
    return turns;
  }

  @Override
  public void close() {
    setUp.close();
  }

  private final class RoundOf {
    private final Ledger ledger;
    private final Random random;
    private final PlantedBug bug;
    private final List<Runnable> veryLate;
    private final AtomicLong decisions;

    /// The last one is what the race is for.
    private final List<PartitionKey> keys = new ArrayList<>();

    RoundOf(
        Ledger ledger,
        Random random,
        PlantedBug bug,
        List<Runnable> veryLate,
        AtomicLong decisions) {
      this.ledger = ledger;
      this.random = random;
      this.bug = bug;
      this.veryLate = veryLate;
      this.decisions = decisions;
    }

    @Nullable Throwable runAll(boolean filled) {
      Schedule race = new Schedule(random);
      create();
      if (filled) {
        race.start(
            new Schedule.Process(),
            () -> {
              fill(race);
              startOwners(race);
            });
      } else {
        startOwners(race);
      }
      Throwable violation = race.runAll();
      if (violation == null) {
        violation = takeForGood("last");
      }
      if (violation == null) {
        veryLate.forEach(Runnable::run);
        violation = takeForGood("very last");
      }
      return violation == null ? rest() : violation;
    }

    private void create() {
      PartitionKey key = PartitionKey.random(random);
      keys.add(key);
      setUp.create(key);
    }

    private PartitionKey key() {
      return keys.getLast();
    }

    private void startOwners(Schedule schedule) {
      for (int owner = 0; owner < OWNERS; owner++) {
        String name = "owner-" + owner;
        schedule.start(new Schedule.Process(), () -> restart(schedule, name));
      }
    }

    private void restart(Schedule schedule, String name) {
      for (int start = 0; start < STARTS; start++) {
        runProcess(schedule, process -> racer(name, schedule, process, false).race(TAKES, TURNS));
      }
    }

    /// Whoever cannot fill a partition gives it up for a fresh one.
    private void fill(Schedule schedule) {
      Epoch base = new Epoch(1 + random.nextInt(6));
      AtomicBoolean filled = new AtomicBoolean();
      for (int attempt = 0; !filled.get(); attempt++) {
        if (attempt > 0) {
          create();
        }
        boolean reliable = attempt >= FILLINGS;
        String name = "filler-" + attempt;
        runProcess(
            schedule,
            process ->
                filled.set(
                    racer(name, schedule, process, reliable)
                        .fill(base, random.nextInt(TURNS), bug == PlantedBug.PUBLISHES_HALF)));
      }
    }

    private static void runProcess(Schedule schedule, Consumer<Schedule.Process> work) {
      Schedule.Process process = new Schedule.Process();
      AtomicBoolean ended = new AtomicBoolean();
      schedule.start(
          process,
          () -> {
            try {
              work.accept(process);
            } finally {
              ended.set(true);
            }
          });
      while (!ended.get()) {
        schedule.step();
      }
    }

    private Racer racer(
        String name, Schedule schedule, Schedule.Process process, boolean reliable) {
      FaultyLink link = new FaultyLink(schedule, process, random, bug, tally, veryLate);
      if (reliable) {
        link.beReliable();
      }
      Consumer<Duration> pause = _ -> schedule.step();
      Surroundings surroundings =
          new Surroundings(
              work -> schedule.start(process, work),
              new Semaphore(Integer.MAX_VALUE),
              schedule::nanoTime,
              pause,
              link::wrap,
              1 + random.nextInt(3),
              Racer.PART_BYTES);
      MongoPartitionStore store =
          new MongoPartitionStore(settings, surroundings, connections, server);
      return new Racer(name, store, key(), schedule, link, random, ledger, decisions);
    }

    /// What is there when nothing goes wrong any more.
    private @Nullable Throwable takeForGood(String name) {
      Schedule calm = new Schedule(random);
      Schedule.Process process = new Schedule.Process();
      decisions.addAndGet(10);
      calm.start(process, () -> racer(name, calm, process, true).takeForGood());
      return calm.runAll();
    }

    /// Nothing is left of what was removed, refused, or came too late.
    private @Nullable Throwable rest() {
      int items = 0;
      int leases = 0;
      int keys = 0;
      int turnRecords = 0;
      List<Long> parts = new ArrayList<>();
      List<Long> positions = new ArrayList<>();
      for (BsonDocument document : raw.items(key()).list(Query.of(Filters.empty()))) {
        if (document.isInt64("_id")) {
          items++;
          positions.add(document.getInt64("_id").getValue());
          continue;
        }
        String id = document.getString("_id").getValue();
        switch (id.charAt(0)) {
          case 'l' -> leases++;
          case 'k' -> keys++;
          case 'p' -> parts.add(Ids.positionOfPart(id));
          default -> turnRecords += document.containsKey("open") ? 0 : 1;
        }
      }
      Ledger.Contents left = ledger.contents();
      boolean clean =
          items == left.items().size()
              && leases == left.leases().size()
              && keys == left.keys().size()
              && positions.containsAll(parts)
              && turnRecords <= LOG_LEFT;
      return clean
          ? null
          : new Ledger.Violation(
              "%d items, %d leases, %d keys, %d turns and parts of %s are left of %s"
                  .formatted(items, leases, keys, turnRecords, parts, left));
    }
  }
}
