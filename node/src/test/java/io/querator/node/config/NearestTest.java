package io.querator.node.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NearestTest {
  @ParameterizedTest
  @CsvSource({
    "'',abc,3",
    "abc,abc,0",
    "abc,acb,1",
    "kitten,sitting,3",
    "listen,lisen,1",
    "ca,abc,3"
  })
  void countsEdits(String a, String b, int edits) {
    assertThat(Nearest.distance(a, b)).isEqualTo(edits);
    assertThat(Nearest.distance(b, a)).isEqualTo(edits);
  }

  @Test
  void findsTheNearestUnlessItIsFar() {
    List<String> keys = List.of("listen", "level", "lanes");

    assertThat(Nearest.to("lisen", keys)).contains("listen");
    assertThat(Nearest.to("lane", keys)).contains("lanes");
    assertThat(Nearest.to("affinity", keys)).isEmpty();
  }
}
