package io.querator.storage.mongo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class MongoUrlTest {
  @Test
  void readsEveryPartOfAUrl() {
    MongoUrl url =
        MongoUrl.parse(
            "mongodb://us%40er:p%3Aw@a.example:27017,b.example/my-queues?replicaSet=rs0&tls=true");

    assertThat(url)
        .isEqualTo(
            new MongoUrl(
                "mongodb://",
                "a.example:27017,b.example",
                "my-queues",
                Map.of("replicaset", "rs0", "tls", "true")));
    assertThat(url).hasToString("mongodb://a.example:27017,b.example/my-queues");
  }

  @Test
  void doesNotAskDnsToReadAUrl() {
    MongoUrl url = MongoUrl.parse("mongodb+srv://u:p@queues.invalid/?retryWrites=true&w=majority");

    assertThat(url).hasToString("mongodb+srv://queues.invalid/querator");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "postgres://h/d",
        "mongodb:///d",
        "mongodb://u:s3cret@/d",
        "mongodb://u:s3cret%@h/d",
        "mongodb://u:s3/cret@h/d",
        "mongodb://u:s3cret@h/d?w=1",
        "mongodb://u:s3cret@h/d?W=majority&journal=false",
        "mongodb://u:s3cret@h/d?readPreference=secondary",
        "mongodb://u:s3cret@h/d?socketTimeoutMS=1",
        "mongodb://u:s3cret@h/d?tlsCAFile=/s3cret"
      })
  void refusesOthersWithoutRepeatingThem(String url) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> MongoSettings.of(url))
        .satisfies(e -> assertThat(e.getMessage()).doesNotContain("s3", "cret").isNotBlank())
        .withNoCause();
  }

  @Test
  void settingsHidePasswords() {
    MongoSettings settings =
        new MongoSettings(
            "main", "mongodb://u:one@h/d", "u", "two", null, 8, Duration.ofSeconds(10));

    assertThat(settings.toString()).contains("mongodb://h", "d").doesNotContain("one", "two");
    assertThat(settings.withDatabase("other").usedDatabase()).isEqualTo("other");
  }

  @Test
  void settingsRefuseWhatIsOutOfRange() {
    MongoSettings good = MongoSettings.of("mongodb://h/d");

    for (String database : new String[] {"", "a b", "a.b", "$x", "x".repeat(39)}) {
      assertThatIllegalArgumentException().isThrownBy(() -> good.withDatabase(database));
    }
    for (int connections : new int[] {0, 1, -1, 1_001}) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> with(connections, Duration.ofSeconds(10)));
    }
    for (Duration timeout : new Duration[] {Duration.ofMillis(999), Duration.ofMinutes(6)}) {
      assertThatIllegalArgumentException().isThrownBy(() -> with(8, timeout));
    }
  }

  private static MongoSettings with(int connections, Duration timeout) {
    return new MongoSettings("main", "mongodb://h/d", null, null, null, connections, timeout);
  }
}
