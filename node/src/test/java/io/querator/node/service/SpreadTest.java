package io.querator.node.service;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class SpreadTest {
  private static final Storage A = TestService.memory("a", 1);
  private static final Storage B = TestService.memory("b", 3);
  private static final Storage C = TestService.memory("c", 0);

  private static Map<String, Integer> counts(List<Storage> chosen) {
    Map<String, Integer> counts = new HashMap<>();
    chosen.forEach(storage -> counts.merge(storage.name(), 1, Integer::sum));
    return counts;
  }

  @Test
  void givesEachStorageItsShare() {
    Spread spread = new Spread(List.of(A, B, C), Map.of(), Map.of());

    assertThat(counts(spread.next(100))).isEqualTo(Map.of("a", 25, "b", 75));
    assertThat(counts(spread.next(4))).isEqualTo(Map.of("a", 1, "b", 3));
  }

  @Test
  void losesNoneToRounding() {
    List<Storage> thirds =
        List.of(
            TestService.memory("x", 0.1),
            TestService.memory("y", 0.1),
            TestService.memory("z", 0.1));
    for (int count = 1; count < 50; count++) {
      assertThat(new Spread(thirds, Map.of(), Map.of()).next(count)).hasSize(count);
    }
  }

  @Test
  void spreadsManySmallQueuesAsOneLarge() {
    Map<String, Integer> onNode = new HashMap<>();
    for (int i = 0; i < 100; i++) {
      String name = new Spread(List.of(A, B), Map.of(), onNode).next(1).getFirst().name();
      onNode.merge(name, 1, Integer::sum);
    }

    assertThat(onNode).isEqualTo(Map.of("a", 25, "b", 75));
  }

  @Test
  void fillsUpWhatAQueueHas() {
    Spread spread = new Spread(List.of(A, B), Map.of("b", 3), Map.of("b", 3));

    assertThat(counts(spread.next(5))).isEqualTo(Map.of("a", 2, "b", 3));
  }
}
