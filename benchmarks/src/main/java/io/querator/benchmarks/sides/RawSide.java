package io.querator.benchmarks.sides;

import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/// What the database itself can do: rows are inserted and the same rows deleted, a statement and a
/// commit for each batch, over one connection for each processor. There is no queue in it.
public final class RawSide implements Side {
  /// As [#name()].
  public static final String NAME = "raw JDBC";

  private static final String TABLE = "bench_raw";

  private final Server server;
  private final int connections = Runtime.getRuntime().availableProcessors();

  public RawSide(Server server) {
    this.server = server;
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public String settings() {
    return "%d connections; INSERT of a batch, then DELETE of it, each committed"
        .formatted(connections);
  }

  @Override
  public Measured run(Work work) throws SQLException, InterruptedException {
    server.createRows(TABLE);
    List<Server.Rows> open = new ArrayList<>();
    try {
      Load load = new Load(work, server::cpu);
      for (int number = 0; number < connections; number++) {
        Server.Rows rows = server.rows(TABLE, work.batch(), work.payload());
        open.add(rows);
        load.worker(new Writer(rows, work.batch(), (long) number << 48)::insertAndDelete);
      }
      return load.run();
    } finally {
      for (Server.Rows rows : open) {
        rows.close();
      }
    }
  }

  /// Used by one thread.
  private static final class Writer {
    private final Server.Rows rows;
    private final int batch;
    private long next;

    Writer(Server.Rows rows, int batch, long first) {
      this.rows = rows;
      this.batch = batch;
      next = first;
    }

    int insertAndDelete() throws SQLException {
      rows.insert(next);
      int deleted = rows.delete(next);
      next += batch;
      return deleted;
    }
  }

  @Override
  public void close() {}
}
