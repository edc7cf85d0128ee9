package io.querator.benchmarks.sides;

import com.github.kagkarlsson.scheduler.Scheduler;
import com.github.kagkarlsson.scheduler.serializer.Serializer;
import com.github.kagkarlsson.scheduler.task.TaskInstance;
import com.github.kagkarlsson.scheduler.task.helper.OneTimeTask;
import com.github.kagkarlsson.scheduler.task.helper.Tasks;
import com.zaxxer.hikari.HikariDataSource;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/// db-scheduler: one-time tasks, due at once and executed by as many threads as others have
/// consumers. It polls as its documentation recommends for throughput, and deletes each executed
/// task by itself.
public final class DbSchedulerSide implements Side {
  private static final String TASK = "bench";
  private static final Duration POLL = Duration.ofMillis(100);

  /// Executions that are fetched at once, in threads, and below which it fetches anew.
  private static final double FETCH = 4;

  private static final double FETCH_BELOW = 1;

  private final PostgresServer server;

  public DbSchedulerSide(PostgresServer server) {
    this.server = server;
  }

  @Override
  public String name() {
    return "db-scheduler";
  }

  @Override
  public String settings() {
    return "version %s, one-time tasks, lock-and-fetch of %.0f executions a thread, polling every %d ms"
        .formatted(Versions.of("com.github.kagkarlsson", "db-scheduler"), FETCH, POLL.toMillis());
  }

  @Override
  public Measured run(Work work) throws SQLException, InterruptedException {
    // https://github.com/kagkarlsson/db-scheduler, the table for PostgreSQL
    server.execute(
        "DROP TABLE IF EXISTS scheduled_tasks",
        """
        CREATE TABLE scheduled_tasks (
          task_name text NOT NULL,
          task_instance text NOT NULL,
          task_data bytea,
          execution_time timestamp with time zone NOT NULL,
          picked boolean NOT NULL,
          picked_by text,
          last_success timestamp with time zone,
          last_failure timestamp with time zone,
          consecutive_failures int,
          last_heartbeat timestamp with time zone,
          version bigint NOT NULL,
          priority smallint,
          state text,
          PRIMARY KEY (task_name, task_instance)
        )\
        """,
        "CREATE INDEX ON scheduled_tasks (execution_time)",
        "CREATE INDEX ON scheduled_tasks (last_heartbeat)");
    Load load = Load.polled(work, server::cpu);
    OneTimeTask<byte[]> task =
        Tasks.oneTime(TASK, byte[].class).execute((_, _) -> load.consumed(1));
    byte[] payload = work.payload();
    try (HikariDataSource pool = server.pool(name(), work.producers() + work.consumers())) {
      Scheduler scheduler =
          Scheduler.create(pool, task)
              .threads(work.consumers())
              .pollingInterval(POLL)
              .pollUsingLockAndFetch(FETCH_BELOW, FETCH)
              .serializer(new Bytes())
              .shutdownMaxWait(Duration.ofSeconds(10))
              .build();
      for (int producer = 0; producer < work.producers(); producer++) {
        load.producer(() -> {
          List<TaskInstance<?>> instances = new ArrayList<>(work.batch());
          for (int i = 0; i < work.batch(); i++) {
            instances.add(task.instance(UUID.randomUUID().toString(), payload));
          }
          scheduler.scheduleBatch(instances, Instant.now());
          return work.batch();
        });
      }
      scheduler.start();
      try {
        return load.run();
      } finally {
        scheduler.stop();
      }
    }
  }

  /// Bytes as they are.
  private static final class Bytes implements Serializer {
    @Override
    public byte[] serialize(Object data) {
      return (byte[]) data;
    }

    @Override
    public <T> T deserialize(Class<T> type, byte[] serialized) {
      return type.cast(serialized);
    }
  }

  @Override
  public void close() {}
}
