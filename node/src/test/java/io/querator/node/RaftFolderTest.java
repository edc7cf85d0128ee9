package io.querator.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RaftFolderTest {
  private static final RuntimeException DAMAGE = new IllegalStateException("damaged");

  @TempDir private Path data;
  private Instant now = Instant.parse("2026-01-01T00:00:00Z");

  private RaftFolder locked() {
    RaftFolder folder = new RaftFolder(data, () -> now);
    folder.lock();
    return folder;
  }

  @Test
  void letsOneProcessIn() {
    try (RaftFolder first = locked()) {
      assertThat(first.path()).isDirectory();
      assertThatExceptionOfType(StartException.class)
          .isThrownBy(this::locked)
          .withMessageContaining("another node uses the folder");
    }
    locked().close();
  }

  @Test
  void putsWhatIsDamagedAsideOnceAnHourAtMost() throws IOException {
    try (RaftFolder folder = locked()) {
      Files.writeString(folder.path().resolve("log"), "damaged");

      assertThat(folder.putAside(DAMAGE)).isTrue();

      assertThat(folder.path().resolve("log")).doesNotExist();
      assertThat(data.resolve("raft.damaged/log")).hasContent("damaged");
      Files.writeString(folder.path().resolve("log"), "again");
      now = now.plus(Duration.ofMinutes(59));
      assertThat(folder.putAside(DAMAGE)).isFalse();
      assertThat(folder.path().resolve("log")).hasContent("again");
      now = now.plus(Duration.ofMinutes(2));
      assertThat(folder.putAside(DAMAGE)).isTrue();
      assertThat(data.resolve("raft.damaged/log")).hasContent("again");
      assertThatExceptionOfType(StartException.class).isThrownBy(this::locked);
    }
  }
}
