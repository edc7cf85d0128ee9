package io.querator.node.bench;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.querator.node.bench.Figures.Latency;
import io.querator.node.text.Table;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// What a bench found, for people and for programs.
///
/// @param facts what was measured, and where: lines of `name: value`
/// @param figures in the order in which they were measured
record Report(List<String> facts, List<Figures> figures) {
  private static final String UNKNOWN = "unknown";
  private static final String LATENCY =
      "Latency in ms; that of a lease holds its wait for items, that of a delivery is from the moment"
          + " when the item was due\n";

  Report {
    facts = List.copyOf(facts);
    figures = List.copyOf(figures);
  }

  /// Tables.
  String text() {
    List<String> parts = new ArrayList<>();
    parts.add(String.join("\n", facts));
    parts.add(throughput());
    parts.add(LATENCY + latency());
    if (figures.stream().anyMatch(one -> one.run() > 1)) {
      parts.add("Items/s over all runs\n" + spread());
    }
    return String.join("\n\n", parts);
  }

  private String throughput() {
    Table table =
        Table.ofNumbers(
            "run",
            "batch",
            "items/s",
            "requests/s",
            "commits/s",
            "items/commit",
            "database CPU s/M",
            "node CPU s/M",
            "bench CPU s/M",
            "WAL B/item",
            "dead rows/item",
            "database MiB",
            "steal %");
    for (Figures one : figures) {
      table.row(
          Integer.toString(one.run()),
          Integer.toString(one.batch()),
          number(one.itemsPerSecond(), 0),
          number(one.requestsPerSecond(), 0),
          number(one.commitsPerSecond(), 0),
          number(one.itemsPerCommit(), 1),
          number(one.databaseSecondsPerMillion(), 1),
          number(one.nodeSecondsPerMillion(), 1),
          number(one.benchSecondsPerMillion(), 1),
          number(one.walBytesPerItem(), 0),
          number(one.deadRowsPerItem(), 2),
          number(one.databaseMebibytes(), 0),
          number(one.stolenPercent(), 1));
    }
    return table.text()
        + "\n(CPU s/M: seconds of processor time for a million"
        + " items; steal: processor time that the host of this machine gave to others)";
  }

  private String latency() {
    Table table = Table.ofNumbers("run", "batch", "call", "calls/s", "p50", "p99", "p99.9", "max");
    for (Figures one : figures) {
      for (Latency call : one.calls()) {
        table.row(
            Integer.toString(one.run()),
            Integer.toString(one.batch()),
            call.kind().text(),
            number(call.calls() / one.seconds(), 0),
            number(call.millis(50), 2),
            number(call.millis(99), 2),
            number(call.millis(99.9), 2),
            number(call.maxMillis(), 2));
      }
    }
    return table.text();
  }

  private String spread() {
    Table table = Table.ofNumbers("batch", "runs", "least", "median", "most");
    figures.stream()
        .collect(Collectors.groupingBy(Figures::batch, TreeMap::new, Collectors.toList()))
        .forEach((batch, runs) -> {
          List<Double> rates = runs.stream().map(Figures::itemsPerSecond).sorted().toList();
          table.row(
              Integer.toString(batch),
              Integer.toString(rates.size()),
              number(rates.getFirst(), 0),
              number(rates.get(rates.size() / 2), 0),
              number(rates.getLast(), 0));
        });
    return table.text();
  }

  private static String number(@Nullable Double value, int decimals) {
    return value == null ? UNKNOWN : String.format(Locale.ROOT, "%,." + decimals + "f", value);
  }

  /// One object; what is unknown is null.
  String json() {
    ObjectMapper mapper = new ObjectMapper();
    ObjectNode root = mapper.createObjectNode();
    facts.forEach(root.putArray("facts")::add);
    var list = root.putArray("measurements");
    for (Figures one : figures) {
      ObjectNode entry = list.addObject();
      entry.put("run", one.run());
      entry.put("batch", one.batch());
      entry.put("seconds", one.seconds());
      entry.put("items", one.items());
      entry.put("items_per_second", one.itemsPerSecond());
      entry.put("requests_per_second", one.requestsPerSecond());
      entry.put("commits_per_second", one.commitsPerSecond());
      entry.put("items_per_commit", one.itemsPerCommit());
      entry.put("database_cpu_seconds_per_million_items", one.databaseSecondsPerMillion());
      entry.put("node_cpu_seconds_per_million_items", one.nodeSecondsPerMillion());
      entry.put("bench_cpu_seconds_per_million_items", one.benchSecondsPerMillion());
      entry.put("wal_bytes_per_item", one.walBytesPerItem());
      entry.put("dead_rows_per_item", one.deadRowsPerItem());
      entry.put("cpu_steal_percent", one.stolenPercent());
      one.course().rates().forEach(entry.putArray("items_in_each_second")::add);
      one.course().databaseBytes().forEach(entry.putArray("database_bytes_in_each_second")::add);
      ObjectNode calls = entry.putObject("calls");
      for (Latency call : one.calls()) {
        ObjectNode latency = calls.putObject(call.kind().text());
        latency.put("calls", call.calls());
        latency.put("p50_ms", call.millis(50));
        latency.put("p99_ms", call.millis(99));
        latency.put("p999_ms", call.millis(99.9));
        latency.put("max_ms", call.maxMillis());
      }
    }
    try {
      return mapper.writerWithDefaultPrettyPrinter().writeValueAsString(root) + "\n";
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a tree that cannot be written", e);
    }
  }
}
