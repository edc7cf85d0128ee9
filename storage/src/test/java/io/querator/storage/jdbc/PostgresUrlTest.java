package io.querator.storage.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class PostgresUrlTest {
  @Test
  void readsEveryPartOfAUrl() {
    PostgresUrl url =
        PostgresUrl.parse(
            "postgres://us%40er:p%3Aw%2F+d@db.example:5433/my%20db?sslmode=verify-full&connect_timeout=3");

    assertThat(url)
        .isEqualTo(
            new PostgresUrl(
                "db.example:5433",
                "my db",
                "us@er",
                "p:w/+d",
                Map.of("sslmode", "verify-full", "connectTimeout", "3")));
    assertThat(url.jdbc()).isEqualTo("jdbc:postgresql://db.example:5433/my%20db");
    assertThat(url).hasToString("postgres://db.example:5433/my db");
  }

  @Test
  void readsAJdbcUrl() {
    PostgresUrl url = PostgresUrl.parse("jdbc:postgresql://h/d?user=u&password=p&ssl=true");

    assertThat(url).isEqualTo(new PostgresUrl("h", "d", "u", "p", Map.of("ssl", "true")));
  }

  @Test
  void fillsInWhatIsLeftOut() {
    assertThat(PostgresUrl.parse("postgresql://h").database()).isEqualTo("postgres");
    assertThat(PostgresUrl.parse("postgres://u@h").database()).isEqualTo("u");
    assertThat(PostgresUrl.parse("postgres://[::1]:5432/d").hosts()).isEqualTo("[::1]:5432");
  }

  @Test
  void takesTheAuthoritiesOfTheSystemAsLibpqDoes() {
    PostgresUrl url = PostgresUrl.parse("postgres://h/d?sslmode=verify-full&sslrootcert=system");

    assertThat(url.parameters())
        .isEqualTo(
            Map.of(
                "sslmode",
                "verify-full",
                "sslfactory",
                "org.postgresql.ssl.DefaultJavaSSLFactory"));
  }

  @Test
  void looksForThePrimaryAmongSeveralHosts() {
    PostgresUrl url = PostgresUrl.parse("postgres://a:1,b:2/d");

    assertThat(url.parameters()).isEqualTo(Map.of("targetServerType", "primary"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "db.example",
        "mysql://h/d",
        "jdbc:postgresql:d",
        "postgres:///d",
        "postgres://h/d?sslmod=require",
        "postgres://h/d?options=-c%20fsync=off",
        "postgres://h/d?prepareThreshold=0"
      })
  void refusesWhatItCannotUse(String url) {
    assertThatIllegalArgumentException().isThrownBy(() -> PostgresUrl.parse(url));
  }

  @ParameterizedTest
  @ValueSource(strings = {"postgrse://u:secret@h/d", "postgres://u:secret%zz@h/d"})
  void doesNotRepeatAPasswordInAMessage(String url) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> PostgresUrl.parse(url))
        .withMessageNotContainingAny("secret", "zz");
  }
}
