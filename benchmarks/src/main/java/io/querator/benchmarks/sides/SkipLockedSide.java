package io.querator.benchmarks.sides;

import io.querator.node.process.ProcessTimes;
import io.querator.storage.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// The usual way to have a queue in a database: a table, from which consumers delete the first rows
/// that nobody else has locked. Run by `pgbench`, whose clients insert a batch and then delete one.
///
/// Its inserts send the payload once for a batch, which is in its favour.
public final class SkipLockedSide implements Side {
  private static final String TABLE = "bench_skip_locked";
  private static final Pattern TRANSACTIONS =
      Pattern.compile("number of transactions actually processed: (\\d+)");

  private final PostgresServer server;
  private final Path program;
  private final String version;
  private final Path script;
  private final int threads = Runtime.getRuntime().availableProcessors();

  /// @param directory where its script goes
  /// @throws UnavailableException without `pgbench`
  public SkipLockedSide(PostgresServer server, Path directory)
      throws UnavailableException, IOException, InterruptedException {
    this.server = server;
    program = Programs.find("pgbench");
    version = Programs.output(program.toString(), "--version").strip();
    script = directory.resolve("skip-locked.sql");
  }

  @Override
  public String name() {
    return "SKIP LOCKED";
  }

  @Override
  public String settings() {
    return version
        + ", prepared statements; INSERT of a batch, then DELETE … IN (SELECT … FOR UPDATE SKIP"
        + " LOCKED LIMIT batch) RETURNING, each committed";
  }

  @Override
  public Measured run(Work work) throws IOException, SQLException, InterruptedException {
    server.execute(
        "DROP TABLE IF EXISTS " + TABLE,
        "CREATE TABLE "
            + TABLE
            + " (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, payload bytea NOT NULL)");
    Files.writeString(
        script,
        """
        INSERT INTO %1$s (payload) SELECT '%2$s'::bytea FROM generate_series(1, %3$d);
        DELETE FROM %1$s WHERE id IN (SELECT id FROM %1$s ORDER BY id LIMIT %3$d FOR UPDATE SKIP LOCKED) RETURNING id, payload;
        """
            .formatted(TABLE, new String(work.payload(), StandardCharsets.US_ASCII), work.batch()));
    long self = ProcessHandle.current().pid();
    if (work.warmUp().toSeconds() > 0) {
      pgbench(work, work.warmUp());
    }
    long left = server.number("SELECT count(*) FROM " + TABLE);
    Duration serverBefore = server.cpu();
    Duration clientBefore = ProcessTimes.family(self).orElse(Duration.ZERO);
    long transactions = pgbench(work, work.measured());
    Duration serverAfter = server.cpu();
    Duration client = ProcessTimes.family(self).orElse(Duration.ZERO).minus(clientBefore);
    long added = server.number("SELECT count(*) FROM " + TABLE) - left;
    // its time begins when all are connected
    return new Measured(
        work.measured().toSeconds(),
        transactions * work.batch() - added,
        serverAfter.minus(serverBefore),
        Duration.ZERO,
        client);
  }

  private long pgbench(Work work, Duration time) throws IOException, InterruptedException {
    ProcessBuilder builder =
        new ProcessBuilder(
                program.toString(),
                "--no-vacuum",
                "--protocol=prepared",
                "--client=" + (work.producers() + work.consumers()),
                "--jobs=" + threads,
                "--time=" + time.toSeconds(),
                "--file=" + script,
                "--host=127.0.0.1",
                "--port=" + server.port(),
                "--username=" + server.user(),
                EmbeddedPostgres.DATABASE)
            .redirectErrorStream(true);
    builder.environment().put("PGPASSWORD", server.password());
    Process process = builder.start();
    String text;
    try {
      text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      process.waitFor();
    } catch (InterruptedException e) {
      process.destroyForcibly();
      throw e;
    }
    Matcher found = TRANSACTIONS.matcher(text);
    if (!found.find()) {
      throw new LoadException("pgbench has failed: " + text.strip());
    }
    return Long.parseLong(found.group(1));
  }

  @Override
  public void close() {}
}
