package io.querator.benchmarks;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.querator.benchmarks.sides.RawSide;
import io.querator.node.text.Table;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;

/// What a comparison found, for people and for programs.
///
/// @param facts what was measured, and where: lines of `name: value`
/// @param rounds in the order in which they were measured
record Result(List<String> facts, List<Round> rounds) {
  private static final double PERCENT = 100;

  Result {
    facts = List.copyOf(facts);
    rounds = List.copyOf(rounds);
  }

  /// The facts, and a table for each batch size.
  String text() {
    List<String> parts = new ArrayList<>();
    parts.add(String.join("\n", facts));
    rounds.stream()
        .collect(Collectors.groupingBy(Round::batch, TreeMap::new, Collectors.toList()))
        .forEach((batch, of) -> parts.add("Batch " + batch + "\n" + table(of)));
    parts.add(
        "items/s: median, least and most of the rounds; of first, of raw: median of the"
            + " ratios within a round to the first side, to what the database does without a queue;\nCPU"
            + " s/M: median seconds of processor time for a million items; store: the database or the"
            + " broker, server: with the node; steal: most processor time that the host gave to others");
    return String.join("\n\n", parts);
  }

  private static String table(List<Round> rounds) {
    Map<String, List<Round>> bySide =
        rounds.stream()
            .collect(Collectors.groupingBy(Round::side, LinkedHashMap::new, Collectors.toList()));
    List<Round> raw = bySide.getOrDefault(RawSide.NAME, List.of());
    List<Round> first = requireNonNull(bySide.get(rounds.getFirst().side()));
    Table table =
        Table.ofNumbers(
            "side",
            "items/s",
            "least",
            "most",
            "of first",
            "of raw",
            "store CPU s/M",
            "server CPU s/M",
            "load CPU s/M",
            "steal %");
    bySide.forEach((side, of) ->
        table.row(
            side,
            number(median(of, Result::rate), 0),
            number(of.stream().mapToDouble(Result::rate).min().orElseThrow(), 0),
            number(of.stream().mapToDouble(Result::rate).max().orElseThrow(), 0),
            number(median(of, round -> rate(round) / rate(first.get(round.number() - 1))), 2),
            raw.isEmpty()
                ? "-"
                : number(median(of, round -> rate(round) / rate(raw.get(round.number() - 1))), 2),
            number(median(of, round -> round.measured().storeSecondsPerMillion()), 1),
            number(median(of, round -> round.measured().serverSecondsPerMillion()), 1),
            number(median(of, round -> round.measured().clientSecondsPerMillion()), 1),
            number(PERCENT * of.stream().mapToDouble(Round::stolen).max().orElseThrow(), 1)));
    return table.text();
  }

  private static double rate(Round round) {
    return round.measured().itemsPerSecond();
  }

  /// The lower one of two in the middle.
  static double median(List<Round> rounds, ToDoubleFunction<Round> value) {
    double[] sorted = rounds.stream().mapToDouble(value).sorted().toArray();
    return sorted[(sorted.length - 1) / 2];
  }

  private static String number(double value, int decimals) {
    return String.format(Locale.ROOT, "%,." + decimals + "f", value);
  }

  /// One object.
  String json() {
    ObjectMapper mapper = new ObjectMapper();
    ObjectNode root = mapper.createObjectNode();
    facts.forEach(root.putArray("facts")::add);
    ArrayNode list = root.putArray("rounds");
    for (Round round : rounds) {
      list.addObject()
          .put("round", round.number())
          .put("batch", round.batch())
          .put("side", round.side())
          .put("seconds", round.measured().seconds())
          .put("items", round.measured().items())
          .put("items_per_second", round.measured().itemsPerSecond())
          .put("store_cpu_seconds_per_million_items", round.measured().storeSecondsPerMillion())
          .put("server_cpu_seconds_per_million_items", round.measured().serverSecondsPerMillion())
          .put("load_cpu_seconds_per_million_items", round.measured().clientSecondsPerMillion())
          .put("cpu_steal_percent", round.stolen() * PERCENT);
    }
    try {
      return mapper.writerWithDefaultPrettyPrinter().writeValueAsString(root) + "\n";
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a tree that cannot be written", e);
    }
  }
}
