package io.querator.benchmarks.sides;

import com.zaxxer.hikari.HikariDataSource;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.time.Duration;
import java.util.stream.IntStream;
import org.jobrunr.configuration.JobRunr;
import org.jobrunr.scheduling.JobScheduler;
import org.jobrunr.server.BackgroundJobServerConfiguration;
import org.jobrunr.storage.sql.postgres.PostgresStorageProvider;
import org.jobrunr.utils.mapper.jackson.JacksonJsonMapper;
import org.jspecify.annotations.Nullable;

/// JobRunr, the free edition: jobs are enqueued and run by as many workers as others have
/// consumers. It keeps jobs that have succeeded for a while, as it does by default.
public final class JobRunrSide implements Side {
  /// The shortest that it allows.
  private static final Duration POLL = Duration.ofSeconds(5);

  private static final String SCHEMA = "bench_jobrunr";

  /// The round that is being run: JobRunr calls a static method.
  private static volatile @Nullable Load running;

  private final PostgresServer server;

  public JobRunrSide(PostgresServer server) {
    this.server = server;
  }

  @Override
  public String name() {
    return "JobRunr";
  }

  @Override
  public String settings() {
    return "version %s, polling every %d s"
        .formatted(JobRunr.class.getPackage().getImplementationVersion(), POLL.toSeconds());
  }

  /// What a job does.
  public static void job(String payload) {
    Load load = running;
    if (load != null && !payload.isEmpty()) {
      load.consumed(1);
    }
  }

  @Override
  public Measured run(Work work) throws SQLException, InterruptedException {
    server.execute("DROP SCHEMA IF EXISTS " + SCHEMA + " CASCADE", "CREATE SCHEMA " + SCHEMA);
    Load load = Load.polled(work, server::cpu);
    String payload = new String(work.payload(), StandardCharsets.US_ASCII);
    try (HikariDataSource pool = server.pool(name(), work.producers() + work.consumers())) {
      running = load;
      try {
        JobScheduler jobs = start(pool, work);
        for (int producer = 0; producer < work.producers(); producer++) {
          load.producer(() -> {
            if (work.batch() == 1) {
              jobs.enqueue(() -> job(payload));
            } else {
              jobs.enqueue(
                  IntStream.range(0, work.batch()).mapToObj(_ -> payload), text -> job(text));
            }
            return work.batch();
          });
        }
        return load.run();
      } finally {
        JobRunr.destroy();
        running = null;
      }
    }
  }

  private static JobScheduler start(HikariDataSource pool, Work work) {
    return JobRunr.configure()
        .useJsonMapper(new JacksonJsonMapper())
        .useStorageProvider(new PostgresStorageProvider(pool, SCHEMA + "."))
        .useBackgroundJobServer(
            BackgroundJobServerConfiguration.usingStandardBackgroundJobServerConfiguration()
                .andPollInterval(POLL)
                .andWorkerCount(work.consumers()))
        .initialize()
        .getJobScheduler();
  }

  @Override
  public void close() {}
}
