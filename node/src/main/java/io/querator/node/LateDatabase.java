package io.querator.node;

import io.micrometer.core.instrument.MeterRegistry;
import io.querator.node.config.StorageSettings;
import io.querator.storage.StorageException;
import io.querator.storage.database.Database;
import io.querator.storage.database.DatabaseSettings;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// A storage that is opened as soon as it can be reached, by a thread of its own. Safe for use by
/// many threads.
final class LateDatabase implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(LateDatabase.class);
  private static final Duration PAUSE = Duration.ofMillis(500);

  /// Where a person must act: a wrong password, given too often, may lock an account.
  private static final Duration LONG_PAUSE = Duration.ofSeconds(10);

  private static final Duration TOLD_EVERY = Duration.ofSeconds(10);

  private final StorageSettings settings;
  private final DatabaseSettings how;
  private final MeterRegistry meters;
  private final CountDownLatch closing = new CountDownLatch(1);
  private final CompletableFuture<Boolean> settled = new CompletableFuture<>();
  private volatile @Nullable StorageException refusal;
  private volatile @Nullable StorageException problem;

  /// Exceptionally: closed before it was open.
  private final CompletableFuture<Database> database = new CompletableFuture<>();

  LateDatabase(StorageSettings settings, DatabaseSettings how, MeterRegistry meters) {
    this.settings = settings;
    this.how = how;
    this.meters = meters;
  }

  LateDatabase start() {
    Thread.ofVirtual().name("storage-" + settings.name()).start(this::run);
    return this;
  }

  StorageSettings settings() {
    return settings;
  }

  /// Completes when it is open, or when a person must act before it can be.
  CompletableFuture<Boolean> settled() {
    return settled;
  }

  /// Why it cannot be opened before a person acts; null if that is not known.
  @Nullable StorageException refusal() {
    return refusal;
  }

  /// Why the last attempt to reach it failed; null if none did.
  @Nullable StorageException problem() {
    return problem;
  }

  /// @throws StorageException.Unavailable if it is not open yet
  Database opened() {
    if (database.state() == Future.State.SUCCESS) {
      return database.resultNow();
    }
    StorageException why = problem;
    String message =
        why == null
            ? "storage " + settings.name() + " is not open yet"
            : String.valueOf(why.getMessage());
    throw new StorageException.Unavailable(message, why);
  }

  /// Whether it holds definitions of queues. Blocks.
  ///
  /// @throws StorageException.Unavailable if it cannot be asked
  boolean definesQueues() {
    return !opened().catalogue().versions().isEmpty();
  }

  private void run() {
    long toldAt = 0;
    while (closing.getCount() > 0) {
      try {
        opened(Database.open(how, meters));
        return;
      } catch (StorageException e) {
        problem = e;
        boolean mustAct = !(e instanceof StorageException.Unavailable);
        refusal = mustAct ? e : null;
        if (mustAct) {
          settled.complete(false);
        }
        long now = System.nanoTime();
        if (toldAt == 0 || now - toldAt >= TOLD_EVERY.toNanos()) {
          toldAt = now;
          (mustAct ? log.atError() : log.atWarn())
              .addKeyValue("storage", settings.name())
              .addKeyValue("problem", e.getMessage())
              .log("storage cannot be reached, trying on");
        }
      }
      if (!pause()) {
        return;
      }
    }
  }

  /// @return false if it is not wanted any more
  private boolean pause() {
    Duration time = refusal == null ? PAUSE : LONG_PAUSE;
    try {
      return !closing.await(time.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  private void opened(Database open) {
    if (!database.complete(open)) {
      open.close();
      return;
    }
    boolean waitedFor = problem != null;
    problem = null;
    refusal = null;
    settled.complete(true);
    if (waitedFor) {
      log.atInfo().addKeyValue("storage", settings.name()).log("storage is open");
    }
  }

  @Override
  public void close() {
    closing.countDown();
    if (!database.completeExceptionally(new IllegalStateException("closed"))
        && database.state() == Future.State.SUCCESS) {
      database.resultNow().close();
    }
  }
}
