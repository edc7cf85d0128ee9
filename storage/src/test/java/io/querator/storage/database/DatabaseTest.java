package io.querator.storage.database;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.querator.storage.StorageException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import org.junit.jupiter.api.Test;

final class DatabaseTest {
  private static DatabaseSettings settings(String url) {
    return new DatabaseSettings(
        "s", url, "me", "s3cret", "querator", 4, Duration.ofSeconds(10), true);
  }

  @Test
  void knowsTheSchemesOfAllKinds() {
    for (String scheme :
        new String[] {
          "postgres://", "postgresql://", "jdbc:postgresql://", "mysql://", "mariadb://"
        }) {
      assertThat(Database.schemes()).contains(scheme);
      assertThat(Database.knows(scheme + "h/d")).isTrue();
      assertThatCode(() -> Database.check(settings(scheme + "h/d"))).doesNotThrowAnyException();
    }
    assertThat(Database.knows("oracle://h/d")).isFalse();
    assertThat(Database.knows("jdbc:mysql://h/d")).isFalse();
  }

  @Test
  void checksByTheRulesOfTheKind() {
    assertThatThrownBy(() -> Database.check(settings("mysql://h/d?useSSL=true")))
        .hasMessageContaining("useSSL");
    assertThatThrownBy(() -> Database.check(settings("postgres://h/d?useSSL=true")))
        .hasMessageContaining("useSSL");
    assertThatThrownBy(() -> Database.check(settings("oracle://h/d")))
        .hasMessageContaining("mariadb://");
    assertThat(settings("mysql://h/d").toString()).doesNotContain("s3cret");
  }

  @Test
  void saysWhichDatabaseCannotBeReached() throws IOException {
    int port;
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = socket.getLocalPort();
    }
    for (String scheme : new String[] {"postgres://", "mysql://", "mariadb://"}) {
      String place = scheme + "127.0.0.1:" + port + "/d";
      assertThatThrownBy(() -> Database.open(settings(place), null))
          .isInstanceOf(StorageException.Unavailable.class)
          .hasMessageContaining(place)
          .hasMessageNotContaining("s3cret");
    }
  }
}
