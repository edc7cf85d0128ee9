package io.querator.storage.mongo;

import com.mongodb.MongoException;
import com.mongodb.client.model.Accumulators;
import com.mongodb.client.model.Aggregates;
import com.mongodb.client.model.Filters;
import io.querator.storage.Counting;
import io.querator.storage.Micros;
import io.querator.storage.PositionRange;
import io.querator.storage.StorageException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import org.bson.BsonArray;
import org.bson.BsonDocument;
import org.bson.BsonInt64;
import org.bson.BsonString;
import org.bson.BsonValue;
import org.bson.conversions.Bson;

/// Counts what is real at the beginning. The scan runs in the background, when all that was removed
/// before has been deleted; what is removed later is deleted when it has ended.
final class MongoCounting implements Counting {
  private static final Duration LONGEST = Duration.ofMinutes(10);
  private static final int RANGES_AT_ONCE = 500;

  private final FutureTask<Counts> task;

  private MongoCounting(FutureTask<Counts> task) {
    this.task = task;
  }

  /// @param documents that may take their time
  /// @param bounds what is real
  /// @param ended run once, when the count ends however it ends
  static MongoCounting of(
      Documents documents, Bounds bounds, PositionRange range, Instant base, Runnable ended) {
    List<PositionRange> real = bounds.real(range);
    return new MongoCounting(
        new FutureTask<>(() -> count(documents, real, Micros.of(base))) {
          @Override
          protected void done() {
            ended.run();
          }
        });
  }

  FutureTask<Counts> task() {
    return task;
  }

  private static Counts count(Documents documents, List<PositionRange> ranges, long baseMicros) {
    long items = 0;
    long sum = 0;
    for (int from = 0; from < ranges.size(); from += RANGES_AT_ONCE) {
      List<PositionRange> some =
          ranges.subList(from, Math.min(ranges.size(), from + RANGES_AT_ONCE));
      for (BsonDocument result : documents.aggregate(pipeline(some, baseMicros), LONGEST)) {
        items += result.getNumber("items").longValue();
        sum += result.getNumber("sum").longValue();
      }
    }
    return new Counts(items, sum);
  }

  /// A double holds the microseconds between two times of 285 years exactly, so that the rounding
  /// down is exact, too.
  private static List<Bson> pipeline(List<PositionRange> ranges, long baseMicros) {
    List<Bson> rows = new ArrayList<>();
    for (PositionRange range : ranges) {
      rows.add(Filters.and(Filters.gte("_id", range.from()), Filters.lte("_id", range.to())));
    }
    BsonValue age = operator("$subtract", new BsonString("$created_at"), new BsonInt64(baseMicros));
    BsonValue millis =
        operator("$toLong", operator("$floor", operator("$divide", age, new BsonInt64(1_000))));
    return List.of(
        Aggregates.match(Filters.or(rows)),
        Aggregates.group(null, Accumulators.sum("items", 1L), Accumulators.sum("sum", millis)));
  }

  private static BsonDocument operator(String name, BsonValue... operands) {
    return new BsonDocument(
        name, operands.length == 1 ? operands[0] : new BsonArray(List.of(operands)));
  }

  @Override
  public Counts await() {
    try {
      return task.get();
    } catch (ExecutionException e) {
      throw switch (e.getCause()) {
        case MongoException cause -> MongoErrors.exception("count", cause);
        case StorageException cause -> cause;
        case null, default -> new IllegalStateException("cannot count", e.getCause());
      };
    } catch (CancellationException e) {
      throw new StorageException.Unavailable("the count was given up", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new StorageException.Unavailable("cannot count: interrupted", e);
    }
  }

  @Override
  public void close() {
    task.cancel(true);
  }
}
