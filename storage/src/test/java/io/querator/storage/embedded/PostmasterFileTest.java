package io.querator.storage.embedded;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class PostmasterFileTest {
  @TempDir private Path cluster;

  @Test
  void readsWhatARunningServerWrote() {
    var lines =
        List.of(
            "6998",
            "/d/cluster",
            "1795571868",
            "54999",
            "",
            "127.0.0.1",
            " 10051879 9",
            "ready   ");

    assertThat(PostmasterFile.parse(lines)).contains(new PostmasterFile(6998, 54_999, "ready"));
  }

  @Test
  void readsWhatAServerHasWrittenWhileItStarts() {
    assertThat(PostmasterFile.parse(List.of("6998", "/d/cluster", "1795571868")))
        .contains(new PostmasterFile(6998, 0, ""));
    assertThat(PostmasterFile.parse(List.of())).isEmpty();
  }

  @Test
  void findsNoneWhereThereIsNone() {
    assertThat(PostmasterFile.read(cluster)).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "12 (postgres) S 1 12, true",
    "12 (postgres) Z 1 12, false",
    "12 (postgres) X 1 12, false",
    "12 (java) S 1 12, false",
    "12 (a) b (postgres) S 1 12, false",
  })
  void takesALivingServerForOneOnly(String stat, boolean server) {
    assertThat(PostmasterFile.isServer(stat)).isEqualTo(server);
  }

  @Test
  void takesThisProcessForNoServer() {
    var file = new PostmasterFile(ProcessHandle.current().pid(), 1, "ready");

    assertThat(file.isServer()).isFalse();
    assertThat(file.isNumberInUse()).isTrue();
  }
}
