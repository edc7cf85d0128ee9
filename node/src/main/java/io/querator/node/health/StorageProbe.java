package io.querator.node.health;

import io.querator.node.config.HealthSettings;
import java.time.Instant;
import java.time.InstantSource;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/// Asks one storage for a sign of life, seldom: an answer serves all who ask within an interval,
/// and there is never more than one question under way. Safe for use by many threads.
final class StorageProbe {
  private final String name;
  private final Runnable question;
  private final HealthSettings settings;
  private final InstantSource clock;
  private final AtomicReference<@Nullable Attempt> latest = new AtomicReference<>();

  /// @param givenUpAt is set by the first who waited in vain
  private record Attempt(
      Instant begunAt,
      CompletableFuture<StorageStatus> status,
      AtomicReference<@Nullable Instant> givenUpAt) {}

  /// @param question returns if the storage works, throws if not
  StorageProbe(String name, Runnable question, HealthSettings settings, InstantSource clock) {
    this.name = name;
    this.question = question;
    this.settings = settings;
    this.clock = clock;
  }

  String name() {
    return name;
  }

  /// How the storage is, as of an interval ago or later. Waits for the time-out at most.
  StorageStatus status() {
    Attempt attempt = latest.get();
    if (attempt == null || isOld(attempt)) {
      Attempt next =
          new Attempt(clock.instant(), new CompletableFuture<>(), new AtomicReference<>());
      if (latest.compareAndSet(attempt, next)) {
        Thread.ofVirtual().name("health-" + name).start(() -> ask(next));
      }
      attempt = latest.get();
    }
    return outcome(attempt);
  }

  private boolean isOld(Attempt attempt) {
    return attempt.status().isDone()
        && !attempt.begunAt().plus(settings.interval()).isAfter(clock.instant());
  }

  private void ask(Attempt attempt) {
    try {
      question.run();
      attempt.status().complete(new StorageStatus(clock.instant(), ""));
    } catch (RuntimeException e) {
      String problem = e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
      attempt.status().complete(new StorageStatus(clock.instant(), problem));
    } catch (Error e) {
      attempt.status().complete(new StorageStatus(clock.instant(), e.toString()));
      throw e;
    }
  }

  private StorageStatus outcome(@Nullable Attempt attempt) {
    if (attempt == null) {
      throw new IllegalStateException("no attempt was made for " + name);
    }
    try {
      Instant givenUpAt = attempt.givenUpAt().get();
      if (givenUpAt != null && !attempt.status().isDone()) {
        return silent(givenUpAt);
      }
      return attempt.status().get(settings.timeout().toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      Instant now = clock.instant();
      attempt.givenUpAt().compareAndSet(null, now);
      return silent(now);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return silent(clock.instant());
    } catch (ExecutionException e) {
      throw new IllegalStateException("a status is a value", e);
    }
  }

  private StorageStatus silent(Instant at) {
    return new StorageStatus(at, "no answer within " + settings.timeout().toMillis() + " ms");
  }
}
