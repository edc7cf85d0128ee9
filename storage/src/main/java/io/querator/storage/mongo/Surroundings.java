package io.querator.storage.mongo;

import com.mongodb.client.MongoCollection;
import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.function.UnaryOperator;
import org.bson.BsonDocument;

/// What the store gets from outside, so that a test can decide when what happens.
///
/// @param background runs what follows a commit
/// @param cleaning how many partitions may do that at once, so that connections are left for turns
/// @param nanoTime a clock that never goes back
/// @param pause waits
/// @param link what lies between the store and a collection
/// @param trimEvery how many log records may be out of use before they are deleted
/// @param partBytes how much of a payload goes into one document
record Surroundings(
    Executor background,
    Semaphore cleaning,
    LongSupplier nanoTime,
    Consumer<Duration> pause,
    UnaryOperator<MongoCollection<BsonDocument>> link,
    int trimEvery,
    int partBytes) {
  private static final int CLEANING_AT_ONCE = 8;
  private static final int TRIM_EVERY = 100;

  /// A document has at most 16 MiB.
  private static final int PART_BYTES = 8 << 20;

  /// Virtual threads, the machine's clock, and nothing in between.
  static Surroundings real() {
    return new Surroundings(
        Executors.newThreadPerTaskExecutor(Thread.ofVirtual().name("mongo-clean-up-", 0).factory()),
        new Semaphore(CLEANING_AT_ONCE, true),
        System::nanoTime,
        pause -> LockSupport.parkNanos(pause.toNanos()),
        UnaryOperator.identity(),
        TRIM_EVERY,
        PART_BYTES);
  }

  /// Patience that ends after `timeout`.
  Patience patience(Duration timeout) {
    return new Patience(this, nanoTime.getAsLong() + timeout.toNanos());
  }

  /// How long something may still be tried.
  record Patience(Surroundings surroundings, long deadlineNanos) {
    private static final Duration PAUSE = Duration.ofMillis(20);

    boolean lasts() {
      return surroundings.nanoTime.getAsLong() - deadlineNanos < 0
          && !Thread.currentThread().isInterrupted();
    }

    /// Waits a moment before the next attempt.
    void pause() {
      surroundings.pause.accept(PAUSE);
    }
  }
}
