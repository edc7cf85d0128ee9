package io.querator.chaos.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.querator.chaos.UsageException;
import java.net.InetSocketAddress;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class GivenDatabaseTest {
  private static final String ENTRY = "127.0.0.1:4711";

  @ParameterizedTest
  @CsvSource({
    "postgres://localhost/app, 5432",
    "jdbc:postgresql://localhost:6543/app, 6543",
    "mysql://localhost, 3306",
    "mariadb://u:p%40@localhost:3307/queues?sslmode=require, 3307",
    "mongodb://localhost/?tls=true, 27017",
  })
  void isReachedByLinks(String url, int port) {
    assertThat(GivenDatabase.of(url).address()).contains(new InetSocketAddress("localhost", port));
  }

  @Test
  void isNamedWithTheLinkInTheUrl() {
    assertThat(GivenDatabase.of("postgres://u:p@db:1/app?sslmode=require").settings(ENTRY))
        .isEqualTo(
            Map.of(
                "url",
                "postgres://u:p@127.0.0.1:4711/app?sslmode=require",
                "schema",
                "querator_chaos"));
    assertThat(GivenDatabase.of("mysql://u:p@db/").settings(ENTRY))
        .isEqualTo(Map.of("url", "mysql://u:p@127.0.0.1:4711/", "schema", "querator_chaos"));
    assertThat(GivenDatabase.of("mariadb://db/queues").settings(ENTRY))
        .isEqualTo(Map.of("url", "mariadb://127.0.0.1:4711/queues"));
    assertThat(GivenDatabase.of("mongodb://db?directConnection=true").settings(ENTRY))
        .isEqualTo(Map.of("url", "mongodb://127.0.0.1:4711/querator_chaos?directConnection=true"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "mongodb://u:p@a:1,b:2/?replicaSet=rs0",
        "mongodb://a/?replicaset=rs0",
        "mongodb+srv://db.example.com",
        "mysql://a,b/",
      })
  void isReachedDirectlyWhereNodesGoElsewhere(String url) {
    GivenDatabase database = GivenDatabase.of(url);

    assertThat(database.address()).isEmpty();
    assertThat(database.settings("").get("url"))
        .startsWith(url.substring(0, url.indexOf('?') < 0 ? url.length() : url.lastIndexOf('/')));
  }

  @Test
  void isShownWithoutItsPassword() {
    assertThat(GivenDatabase.of("mysql://u:secret@db/q?trustStorePassword=secret"))
        .hasToString("mysql://db/q");
    assertThatThrownBy(() -> GivenDatabase.of("oracle://u:secret@db/"))
        .isInstanceOf(UsageException.class)
        .hasMessageNotContaining("secret");
  }
}
