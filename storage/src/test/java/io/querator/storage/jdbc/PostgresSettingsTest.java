package io.querator.storage.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.time.Duration;
import org.junit.jupiter.api.Test;

final class PostgresSettingsTest {
  @Test
  void hidesPasswords() {
    PostgresSettings settings =
        new PostgresSettings(
            "main", "postgres://u:one@h/d", "u", "two", "s", 4, Duration.ofSeconds(10), true);

    assertThat(settings.toString()).contains("postgres://h/d").doesNotContain("one", "two");
  }

  @Test
  void refusesWhatIsOutOfRange() {
    PostgresSettings good = PostgresSettings.of("postgres://h/d");

    for (String schema : new String[] {"", "Upper", "a-b", "1a", "pg_x", "x".repeat(41), "a;b"}) {
      assertThatIllegalArgumentException().isThrownBy(() -> good.withSchema(schema));
    }
    for (int lanes : new int[] {0, -1, 65}) {
      assertThatIllegalArgumentException().isThrownBy(() -> with(lanes, Duration.ofSeconds(10)));
    }
    for (Duration timeout : new Duration[] {Duration.ofMillis(999), Duration.ofMinutes(6)}) {
      assertThatIllegalArgumentException().isThrownBy(() -> with(4, timeout));
    }
  }

  private static PostgresSettings with(int lanes, Duration timeout) {
    return new PostgresSettings(
        "main", "postgres://h/d", null, null, "querator", lanes, timeout, true);
  }
}
