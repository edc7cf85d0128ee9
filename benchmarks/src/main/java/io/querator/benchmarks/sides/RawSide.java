package io.querator.benchmarks.sides;

import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// What the database itself can do: rows are inserted and the same rows deleted, a statement and a
/// commit for each batch, over one connection for each processor. There is no queue in it.
public final class RawSide implements Side {
  private static final String TABLE = "bench_raw";

  private final Server server;
  private final int connections = Runtime.getRuntime().availableProcessors();

  public RawSide(Server server) {
    this.server = server;
  }

  @Override
  public String name() {
    return "raw JDBC";
  }

  @Override
  public String settings() {
    return "%d connections; INSERT of a batch, then DELETE of it, each committed"
        .formatted(connections);
  }

  @Override
  public Measured run(Work work) throws SQLException, InterruptedException {
    server.execute(
        "DROP TABLE IF EXISTS " + TABLE,
        "CREATE TABLE " + TABLE + " (id bigint PRIMARY KEY, payload bytea NOT NULL)");
    List<Writer> writers = new ArrayList<>();
    try {
      Load load = new Load(work, server::cpu);
      for (int number = 0; number < connections; number++) {
        Writer writer = new Writer(server.connect(), work, (long) number << 48);
        writers.add(writer);
        load.worker(writer::insertAndDelete);
      }
      return load.run();
    } finally {
      for (Writer writer : writers) {
        writer.close();
      }
    }
  }

  /// One connection. Used by one thread.
  private static final class Writer implements AutoCloseable {
    private final Connection connection;
    private final PreparedStatement insert;
    private final PreparedStatement delete;
    private final byte[][] payloads;
    private long next;

    Writer(Connection connection, Work work, long first) throws SQLException {
      this.connection = connection;
      insert =
          connection.prepareStatement(
              "INSERT INTO " + TABLE + " SELECT * FROM unnest(?::bigint[], ?::bytea[])");
      delete = connection.prepareStatement("DELETE FROM " + TABLE + " WHERE id = ANY (?)");
      payloads = new byte[work.batch()][];
      Arrays.fill(payloads, work.payload());
      next = first;
    }

    int insertAndDelete() throws SQLException {
      Object[] ids = new Object[payloads.length];
      Arrays.setAll(ids, _ -> next++);
      Array keys = connection.createArrayOf("bigint", ids);
      insert.setArray(1, keys);
      insert.setArray(2, connection.createArrayOf("bytea", payloads));
      insert.executeUpdate();
      delete.setArray(1, keys);
      return delete.executeUpdate();
    }

    @Override
    public void close() throws SQLException {
      connection.close();
    }
  }

  @Override
  public void close() {}
}
