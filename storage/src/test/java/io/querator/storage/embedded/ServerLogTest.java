package io.querator.storage.embedded;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ServerLogTest {
  @TempDir private Path folder;

  @Test
  void keepsTheNewestFilesOnly() throws IOException {
    var log = new ServerLog(folder);
    for (int day = 10; day < 20; day++) {
      Files.writeString(
          folder.resolve("postgresql-202601" + day + "-000000.log"), "day " + day + "\n");
    }
    Files.writeString(log.startup(), "starting\n");

    log.prune();

    try (var files = Files.list(folder)) {
      assertThat(files.map(file -> file.getFileName().toString()))
          .containsExactlyInAnyOrder(
              "startup.log",
              "postgresql-20260115-000000.log",
              "postgresql-20260116-000000.log",
              "postgresql-20260117-000000.log",
              "postgresql-20260118-000000.log",
              "postgresql-20260119-000000.log");
    }
  }

  @Test
  void tellsTheLastLines() throws IOException {
    var log = new ServerLog(folder);
    assertThat(log.tail()).isEmpty();

    Files.writeString(log.startup(), "starting\n");
    Files.writeString(folder.resolve("postgresql-20260118-000000.log"), "of yesterday\n");
    Files.writeString(
        folder.resolve("postgresql-20260119-000000.log"), "x".repeat(10_000) + "\nFATAL\n");

    assertThat(log.tail())
        .hasSizeLessThan(5_000)
        .startsWith("starting\n")
        .endsWith("xxx\nFATAL")
        .doesNotContain("yesterday");
  }

  @Test
  void followsNoLink() throws IOException {
    Path secret = Files.writeString(folder.resolve("secret"), "secret\n");
    Path log = Files.createDirectory(folder.resolve("log"));
    Files.createSymbolicLink(log.resolve("postgresql-20260119-000000.log"), secret);

    assertThatThrownBy(() -> new ServerLog(log).tail()).isInstanceOf(UncheckedIOException.class);
  }
}
