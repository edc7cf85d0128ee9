package io.querator.storage.mysql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.querator.storage.mysql.MysqlUrl.Tls;
import java.time.Duration;
import org.junit.jupiter.api.Test;

final class MysqlUrlTest {
  @Test
  void takesAUrlApart() {
    MysqlUrl url =
        MysqlUrl.parse(
            "mysql://me%40x:p%2Fw+d@h:3307/shop?sslmode=verify-full&sslrootcert=/ca.pem");

    assertThat(url.hosts()).containsExactly("h:3307");
    assertThat(url.database()).isEqualTo("shop");
    assertThat(url.user()).isEqualTo("me@x");
    assertThat(url.password()).isEqualTo("p/w+d");
    assertThat(url.tls()).isEqualTo(Tls.VERIFY_FULL);
    assertThat(url.properties()).containsEntry("serverSslCert", "/ca.pem").hasSize(1);
    assertThat(url).hasToString("mysql://h:3307/shop");
  }

  @Test
  void knowsBothSchemesSeveralHostsAndThePort() {
    MysqlUrl url = MysqlUrl.parse("mariadb://a,b:3307,[::1]");

    assertThat(url.hosts()).containsExactly("a:3306", "b:3307", "[::1]:3306");
    assertThat(url.database()).isEmpty();
    assertThat(url.user()).isNull();
    assertThat(url.tls()).isEqualTo(Tls.PREFER);
  }

  @Test
  void understandsTheWordsOfMysqlsOwnPrograms() {
    assertThat(MysqlUrl.parse("mysql://h/?ssl-mode=VERIFY_IDENTITY").tls())
        .isEqualTo(Tls.VERIFY_FULL);
    assertThat(MysqlUrl.parse("mysql://h/?sslMode=REQUIRED").tls()).isEqualTo(Tls.REQUIRE);
    assertThat(MysqlUrl.parse("mysql://h/?ssl-ca=/ca.pem").tls()).isEqualTo(Tls.VERIFY_CA);
    assertThat(MysqlUrl.parse("mysql://h/?sslmode=verify-full&sslrootcert=system").properties())
        .containsOnlyKeys("trustStore");
  }

  @Test
  void takesUserAndPasswordFromParametersToo() {
    MysqlUrl url = MysqlUrl.parse("mysql://h/d?user=me&password=secret");

    assertThat(url.user()).isEqualTo("me");
    assertThat(url.password()).isEqualTo("secret");
    assertThat(url.properties()).isEmpty();
  }

  @Test
  void refusesWhatItDoesNotUnderstandWithoutRepeatingIt() {
    for (String url :
        new String[] {
          "postgres://h/d",
          "mysql:///d",
          "mysql://:3306/d",
          "mysql://me:secret%@h/d",
          "mysql://me:secret@h/d?sslmode=perhaps",
          "mysql://me:secret@h/d?allowMultiQueries=false",
          "mysql://me:secret@h/d?useServerPrepStmts=true"
        }) {
      assertThatThrownBy(() -> MysqlUrl.parse(url))
          .as(url)
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageNotContaining("secret");
    }
  }

  private static MysqlSettings settings(String url, String schema) {
    return new MysqlSettings("s", url, null, "hidden", schema, 4, Duration.ofSeconds(10));
  }

  @Test
  void theDatabaseIsTheOneOfTheUrlElseTheSchema() {
    assertThat(settings("mysql://h/shop", "querator").database()).isEqualTo("shop");
    assertThat(settings("mysql://h", "queues").database()).isEqualTo("queues");
    assertThat(settings("mysql://h/shop", "querator").toString())
        .contains("shop")
        .doesNotContain("hidden");
    assertThatThrownBy(() -> settings("mysql://h/shop", "queues"))
        .hasMessageContaining("leave one out");
    assertThatThrownBy(() -> settings("mysql://h/a%60b", "querator"))
        .hasMessageContaining("letters, digits");
    assertThatThrownBy(() -> settings("mysql://h/a/b", "querator"))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
