package io.querator.storage.sql;

import io.querator.storage.OpenResult;
import io.querator.storage.OpenResult.Opened;
import io.querator.storage.PartitionKey;
import io.querator.storage.StorageException;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Finds the empty ones among partitions that are opened together.
///
/// The first statement that names a table costs a session more than what it reads, and the client
/// as much: so empty partitions, of which a node that starts may have thousands, are not read one
/// by one. Where the size of a table tells enough, the table is not read at all.
final class EmptyPartitions {
  /// Fewer are read one by one as soon.
  private static final int ASKED_MIN = 16;

  /// In one statement. Each locks three tables or indexes for a moment, of which a server has room
  /// for some thousands.
  private static final int ASKED_AT_ONCE = 32;

  /// In one statement that looks at no more than the size of a table.
  private static final int SIZED_AT_ONCE = 1_000;

  private static final Logger log = LoggerFactory.getLogger(EmptyPartitions.class);

  private final SqlDialect dialect;
  private final Function<PartitionKey, Lane> lanes;

  EmptyPartitions(SqlDialect dialect, Function<PartitionKey, Lane> lanes) {
    this.dialect = dialect;
    this.lanes = lanes;
  }

  /// @return the same results, which say what is empty, if there are many
  List<OpenResult> marked(List<OpenResult> results) {
    if (results.size() < ASKED_MIN) {
      return results;
    }
    Set<PartitionKey> empty = among(results);
    return results.stream()
        .map(result ->
            result instanceof Opened opened ? opened.found(empty.contains(opened.key())) : result)
        .toList();
  }

  private Set<PartitionKey> among(List<OpenResult> results) {
    Map<Lane, List<Opened>> byLane = new HashMap<>();
    for (OpenResult result : results) {
      if (result instanceof Opened opened) {
        byLane.computeIfAbsent(lanes.apply(opened.key()), _ -> new ArrayList<>()).add(opened);
      }
    }
    Set<PartitionKey> empty = new HashSet<>();
    byLane.forEach((lane, opened) -> {
      for (List<Opened> some : parts(opened, SIZED_AT_ONCE)) {
        empty.addAll(told(lane, c -> dialect.surelyEmpty(c, keys(some))));
      }
      opened.removeIf(one -> empty.contains(one.key()));
      for (List<Opened> some : parts(opened, ASKED_AT_ONCE)) {
        empty.addAll(told(lane, c -> among(c, some)));
      }
    });
    return empty;
  }

  private static <T> List<List<T>> parts(List<T> list, int most) {
    List<List<T>> parts = new ArrayList<>();
    for (int from = 0; from < list.size(); from += most) {
      parts.add(list.subList(from, Math.min(list.size(), from + most)));
    }
    return parts;
  }

  private static Set<PartitionKey> keys(List<Opened> opened) {
    return opened.stream().map(Opened::key).collect(Collectors.toSet());
  }

  /// None where that cannot be told: they are open all the same, and are read one by one.
  private static Set<PartitionKey> told(Lane lane, ConnectionPool.Work<Set<PartitionKey>> work) {
    try {
      return lane.read("look for empty partitions", work);
    } catch (StorageException e) {
      log.atInfo().setCause(e).log("it is not known which partitions are empty");
      return Set.of();
    }
  }

  private Set<PartitionKey> among(Connection connection, List<Opened> opened) throws SQLException {
    String sql =
        opened.stream()
            .map(one -> dialect.isEmpty(one.key(), one.lowWater()))
            .collect(Collectors.joining(", ", "SELECT ", ""));
    Set<PartitionKey> empty = new HashSet<>();
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(sql)) {
      row.next();
      for (int i = 0; i < opened.size(); i++) {
        if (row.getBoolean(i + 1)) {
          empty.add(opened.get(i).key());
        }
      }
    }
    return empty;
  }
}
