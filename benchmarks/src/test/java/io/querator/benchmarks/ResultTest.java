package io.querator.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.querator.benchmarks.sides.Measured;
import io.querator.benchmarks.sides.RawSide;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

final class ResultTest {
  private final Result result =
      new Result(
          List.of("machine: mine"),
          List.of(
              round(1, "ours", 1_000),
              round(1, "theirs", 500),
              round(2, "ours", 2_000),
              round(2, "theirs", 500),
              round(3, "ours", 4_000),
              round(3, "theirs", 6_000)));

  private static Round round(int number, String side, long items) {
    Duration server = Duration.ofMillis(items / 100);
    return new Round(
        number, 10, side, new Measured(1, items, server, server, server), number / 100.0);
  }

  @Test
  void showsMediansAndTheRatiosWithinRounds() {
    assertThat(result.text())
        .startsWith(
            """
            machine: mine

            Batch 10
              side  items/s  least   most  of first  of raw  store CPU s/M  server CPU s/M  load CPU s/M  steal %
              ours    2,000  1,000  4,000      1.00       -           10.0            20.0          10.0      3.0
            theirs      500    500  6,000      0.50       -           10.0            20.0          10.0      3.0
            """);
  }

  @Test
  void showsTheRatiosToWhatTheDatabaseDoesWithoutAQueue() {
    Result againstRaw =
        new Result(List.of(), List.of(round(1, "ours", 300), round(1, RawSide.NAME, 1_000)));

    assertThat(againstRaw.text().lines().map(line -> line.strip().split(" +", -1)))
        .anyMatch(row -> row[0].equals("ours") && row[4].equals("1.00") && row[5].equals("0.30"));
  }

  @Test
  void keepsAllRoundsForPrograms() throws IOException {
    JsonNode rounds = new ObjectMapper().readTree(result.json()).get("rounds");

    assertThat(rounds).hasSize(6);
    assertThat(rounds.get(5).get("side").textValue()).isEqualTo("theirs");
    assertThat(rounds.get(5).get("items_per_second").doubleValue()).isEqualTo(6_000);
    assertThat(rounds.get(5).get("cpu_steal_percent").doubleValue()).isEqualTo(3);
  }
}
