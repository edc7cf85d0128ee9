package io.querator.storage.mongo;

import com.mongodb.MongoException;
import com.mongodb.MongoSocketReadException;
import com.mongodb.MongoTimeoutException;
import com.mongodb.ServerAddress;
import com.mongodb.client.FindIterable;
import com.mongodb.client.MongoCollection;
import com.mongodb.client.MongoCursor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Random;
import org.bson.BsonArray;
import org.bson.BsonDocument;
import org.bson.BsonInt64;
import org.bson.conversions.Bson;
import org.jspecify.annotations.Nullable;

/// What lies between one store and its collections in a race: requests and answers are lost, come
/// late, very late or twice; inserts stop half-way; the store's process crashes. Each request is a
/// step of the [Schedule].
final class FaultyLink {
  /// How many of each thing happened.
  static final class Tally {
    int requests;
    int lost;
    int late;
    int veryLate;
    int repeated;
    int partial;
    int neverSent;
    int crashes;
    int walls;

    int faults() {
      return lost + late + veryLate + repeated + partial + neverSent;
    }
  }

  /// What goes to the server, and its answer.
  @FunctionalInterface
  private interface Request {
    @Nullable Object send();
  }

  private static final ServerAddress ADDRESS = new ServerAddress("race.test");

  private final Schedule schedule;
  private final Schedule.Process process;
  private final Random random;
  private final PlantedBug bug;
  private final Tally tally;

  /// Requests that arrive when all is over.
  private final List<Runnable> veryLate;

  private int outage;
  private boolean reliable;
  private @Nullable BsonDocument inserted;

  FaultyLink(
      Schedule schedule,
      Schedule.Process process,
      Random random,
      PlantedBug bug,
      Tally tally,
      List<Runnable> veryLate) {
    this.schedule = schedule;
    this.process = process;
    this.random = random;
    this.bug = bug;
    this.tally = tally;
    this.veryLate = veryLate;
  }

  /// Nothing goes wrong from now on.
  void beReliable() {
    reliable = true;
  }

  /// For a while nothing gets through.
  void beginOutage(int requests) {
    outage = requests;
  }

  @SuppressWarnings("unchecked")
  MongoCollection<BsonDocument> wrap(MongoCollection<BsonDocument> collection) {
    return (MongoCollection<BsonDocument>)
        Proxy.newProxyInstance(
            FaultyLink.class.getClassLoader(),
            new Class<?>[] {MongoCollection.class},
            (_, method, arguments) -> request(collection, method, arguments));
  }

  private @Nullable Object request(
      MongoCollection<BsonDocument> collection, Method method, Object[] arguments) {
    return switch (method.getName()) {
      case "insertMany" -> insert(collection, method, planted(arguments));
      case "deleteMany", "updateOne" -> write(() -> call(collection, method, planted(arguments)));
      case "find", "aggregate" -> read(() -> call(collection, method, arguments), arguments);
      default -> call(collection, method, arguments);
    };
  }

  private static @Nullable Object call(Object target, Method method, @Nullable Object[] arguments) {
    try {
      return method.invoke(target, arguments);
    } catch (InvocationTargetException e) {
      if (e.getCause() instanceof RuntimeException cause) {
        throw cause;
      }
      throw new AssertionError(e.getCause());
    } catch (IllegalAccessException e) {
      throw new AssertionError(e);
    }
  }

  private void begin() {
    schedule.step();
    tally.requests++;
    if (!reliable && outage > 0) {
      outage--;
      tally.neverSent++;
      throw new MongoTimeoutException("an outage of the race");
    }
    if (!reliable && random.nextInt(150) == 0) {
      tally.crashes++;
      schedule.crash();
    }
  }

  private static MongoException broken() {
    return new MongoSocketReadException("a fault of the race", ADDRESS);
  }

  private @Nullable Object read(Request request, Object[] arguments) {
    begin();
    if (!reliable && random.nextInt(30) == 0) {
      tally.lost++;
      throw broken();
    }
    BsonDocument own = inserted;
    inserted = null;
    if (own != null
        && arguments[0] instanceof Bson filter
        && filter.toBsonDocument().equals(Ids.allLog().toBsonDocument())) {
      return found(own);
    }
    return request.send();
  }

  /// Deletes and updates may be done at any time, and any number of times.
  private @Nullable Object write(Request request) {
    begin();
    switch (reliable ? 99 : random.nextInt(12)) {
      case 0 -> {
        tally.lost++;
        throw broken();
      }
      case 1 -> {
        tally.lost++;
        request.send();
        throw broken();
      }
      case 2 -> {
        later(request);
        throw broken();
      }
      case 3 -> {
        Object result = request.send();
        later(request);
        return result;
      }
      default -> {
        return request.send();
      }
    }
  }

  private void later(Request request) {
    if (random.nextInt(4) == 0) {
      tally.veryLate++;
      veryLate.add(() -> deliver(request));
      return;
    }
    tally.late++;
    int steps = random.nextInt(40);
    schedule.start(
        new Schedule.Process(),
        () -> {
          for (int i = 0; i < steps; i++) {
            schedule.step();
          }
          deliver(request);
        });
  }

  private static void deliver(Request request) {
    try {
      request.send();
    } catch (MongoException e) {
      // Nobody waits for the answer.
    }
  }

  private @Nullable Object insert(
      MongoCollection<BsonDocument> collection, Method method, @Nullable Object[] arguments) {
    begin();
    try {
      Object result = insertOnce(collection, method, arguments);
      notice(arguments);
      return result;
    } catch (MongoSocketReadException e) {
      if (bug == PlantedBug.RESENDS) {
        return call(collection, method, arguments);
      }
      throw e;
    }
  }

  private @Nullable Object insertOnce(
      MongoCollection<BsonDocument> collection, Method method, @Nullable Object[] arguments) {
    switch (reliable ? 99 : random.nextInt(20)) {
      case 0 -> {
        tally.lost++;
        throw broken();
      }
      case 1 -> {
        tally.lost++;
        call(collection, method, arguments);
        throw broken();
      }
      case 2 -> {
        later(() -> call(collection, method, arguments));
        throw broken();
      }
      case 3 -> {
        tally.repeated++;
        call(collection, method, arguments);
        return call(collection, method, arguments);
      }
      case 4 -> {
        tally.partial++;
        List<BsonDocument> documents = documents(arguments);
        int count = random.nextInt(documents.size() + 1);
        insertSome(collection, documents.subList(0, count));
        if (random.nextBoolean()) {
          List<BsonDocument> rest = documents.subList(count, documents.size());
          later(() -> {
            insertSome(collection, rest);
            return null;
          });
        }
        throw broken();
      }
      case 5 -> {
        tally.neverSent++;
        throw new MongoTimeoutException("a fault of the race");
      }
      default -> {
        return call(collection, method, arguments);
      }
    }
  }

  private static void insertSome(
      MongoCollection<BsonDocument> collection, List<BsonDocument> documents) {
    if (!documents.isEmpty()) {
      collection.insertMany(documents);
    }
  }

  @SuppressWarnings("unchecked")
  private static List<BsonDocument> documents(@Nullable Object[] arguments) {
    return (List<BsonDocument>) arguments[0];
  }

  private void notice(@Nullable Object[] arguments) {
    BsonDocument last = documents(arguments).getLast();
    tally.walls += last.containsKey("wall") ? 1 : 0;
    if (bug == PlantedBug.NO_SECOND_READ && last.containsKey("open")) {
      inserted = last;
    }
  }

  private @Nullable Object[] planted(@Nullable Object[] arguments) {
    @Nullable Object[] changed = arguments.clone();
    if (bug == PlantedBug.TRIMS_OPENINGS && arguments[0] instanceof Bson filter) {
      changed[0] = withoutOpen(filter.toBsonDocument());
    } else if (arguments[0] instanceof List<?>) {
      List<BsonDocument> copies = new ArrayList<>();
      for (BsonDocument document : documents(arguments)) {
        BsonDocument copy = document.clone();
        if (bug == PlantedBug.IGNORES_ENDS && copy.containsKey("open")) {
          copy.put("ends", endless(copy.getInt64("epoch").getValue()));
        }
        if (bug == PlantedBug.FORGETS_THE_BASE
            && copy.containsKey("base")
            && copy.getInt64("base").getValue() + 1 < copy.getInt64("epoch").getValue()) {
          copy.remove("base");
        }
        copies.add(copy);
      }
      changed[0] = copies;
    }
    return changed;
  }

  private static BsonArray endless(long epoch) {
    BsonArray ends = new BsonArray();
    for (long older = 1; older < epoch; older++) {
      ends.add(
          new BsonDocument("epoch", new BsonInt64(older))
              .append("end", new BsonInt64(1L << 38))
              .append("turn", new BsonInt64(Long.MAX_VALUE)));
    }
    return ends;
  }

  private static BsonDocument withoutOpen(BsonDocument filter) {
    BsonDocument rest = filter.clone();
    rest.remove("open");
    if (rest.containsKey("$and")) {
      BsonArray parts = rest.getArray("$and");
      parts.removeIf(part -> part.asDocument().containsKey("open"));
    }
    return rest;
  }

  /// What a query finds that always finds `document`.
  private static Object found(BsonDocument document) {
    Iterator<BsonDocument> results = List.of(document).iterator();
    Object cursor =
        Proxy.newProxyInstance(
            FaultyLink.class.getClassLoader(),
            new Class<?>[] {MongoCursor.class},
            (_, method, _) ->
                switch (method.getName()) {
                  case "hasNext" -> results.hasNext();
                  case "next" -> results.next();
                  default -> null;
                });
    return Proxy.newProxyInstance(
        FaultyLink.class.getClassLoader(),
        new Class<?>[] {FindIterable.class},
        (self, method, _) -> method.getName().equals("cursor") ? cursor : self);
  }

  boolean isCrashed() {
    return process.isCrashed();
  }

  @Override
  public String toString() {
    return "FaultyLink[" + Arrays.asList(bug, tally) + "]";
  }
}
