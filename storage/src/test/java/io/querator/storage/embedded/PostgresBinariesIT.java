package io.querator.storage.embedded;

import static org.assertj.core.api.Assertions.assertThat;

import io.querator.storage.Async;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class PostgresBinariesIT {
  @TempDir private Path parent;

  @Test
  void unpacksOnceAndAgainWhatIsIncomplete() throws IOException {
    PostgresBinaries binaries = PostgresBinaries.find();
    List<String> progress = new ArrayList<>();

    Path folder = binaries.unpack(parent, progress::add);
    assertThat(binaries.unpack(parent, progress::add)).isEqualTo(folder);
    assertThat(progress).hasSize(1);
    assertThat(folder.resolve("bin/postgres")).isExecutable();

    Files.writeString(folder.resolve("bin/postgres"), "");
    binaries.unpack(parent, progress::add);
    assertThat(progress).hasSize(2);
    assertThat(folder.resolve("bin/postgres")).isNotEmptyFile();
    assertThat(parent)
        .isDirectoryContaining(folder::equals)
        .isDirectoryNotContaining("glob:.unpack*");
  }

  @Test
  void unpacksForTwoAtTheSameTime() {
    PostgresBinaries binaries = PostgresBinaries.find();

    List<CompletableFuture<Path>> both = List.of(unpacking(binaries), unpacking(binaries));

    assertThat(both.get(0).join()).isEqualTo(both.get(1).join()).isDirectory();
    assertThat(parent).isDirectoryNotContaining("glob:**/.unpack*");
  }

  private CompletableFuture<Path> unpacking(PostgresBinaries binaries) {
    return Async.supply(() -> {
      try {
        return binaries.unpack(parent, _ -> {});
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    });
  }
}
