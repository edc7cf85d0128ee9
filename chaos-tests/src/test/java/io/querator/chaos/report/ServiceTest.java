package io.querator.chaos.report;

import static org.assertj.core.api.Assertions.assertThat;

import io.querator.chaos.history.Entry;
import io.querator.chaos.history.History;
import io.querator.chaos.history.Result;
import io.querator.chaos.history.Span;
import io.querator.chaos.report.Service.Gaps;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ServiceTest {
  private static final long MILLI = 1_000_000;

  @TempDir private Path directory;

  @Test
  void tellsTheLongestTimeWithoutServiceOfEachFaultOverSeveralRuns() throws IOException {
    Path one = history("one", 1_000, 1_100, 1_900, 2_000);
    Path other = history("other", 1_000, 1_200, 1_400, 1_800);

    Collection<Gaps> gaps = Service.of(List.of(one, other));

    assertThat(gaps).containsExactly(new Gaps("kill-node", 2, List.of(0.4, 0.8)));
    assertThat(gaps.iterator().next().at(50)).isEqualTo(0.4);
    assertThat(gaps.iterator().next().at(99)).isEqualTo(0.8);
  }

  /// Of a run in which a node dies after a second.
  ///
  /// @param acknowledged when a probe was answered, in milliseconds
  private Path history(String name, long... acknowledged) throws IOException {
    Path file = directory.resolve(name);
    try (History history = new History(file)) {
      history.add(
          new Entry.Fault(new Span(1_050 * MILLI, 1_500 * MILLI), "kill-node", "n1", false));
      for (long at : acknowledged) {
        Span span = new Span((at - 1) * MILLI, at * MILLI);
        history.add(
            new Entry.Produce(
                span, 1, Entry.PROBE + "0", null, List.of("item"), 0, Result.OK, null));
      }
    }
    return file;
  }
}
