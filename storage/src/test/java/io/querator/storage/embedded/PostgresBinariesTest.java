package io.querator.storage.embedded;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

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
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// With small archives; the real one is unpacked for the tests that start servers.
final class PostgresBinariesTest {
  private static final PostgresBinaries BINARIES = new PostgresBinaries("programs.txz", "programs");

  @TempDir private Path parent;

  @ParameterizedTest
  @CsvSource({
    "Linux, amd64, postgres-linux-x86_64.txz",
    "Linux, aarch64, postgres-linux-arm_64.txz",
    "Mac OS X, x86_64, postgres-darwin-x86_64.txz",
    "Mac OS X, aarch64, postgres-darwin-arm_64.txz",
    "Linux, riscv64,",
    "Windows 11, amd64,",
  })
  void picksTheArchiveByPlatform(String system, String processor, String resource) {
    assertThat(PostgresBinaries.resource(system, processor)).isEqualTo(resource);
  }

  @Test
  void unpacksOnceAndAgainWhatIsIncomplete() throws IOException {
    List<String> progress = new ArrayList<>();

    Path folder = BINARIES.unpack(parent, progress::add);
    assertThat(BINARIES.unpack(parent, progress::add)).isEqualTo(folder);
    assertThat(progress).hasSize(1);
    assertThat(folder.resolve("bin/postgres")).isExecutable();
    assertThat(folder.resolve("lib/libpq.so.5")).isSymbolicLink().hasContent("a library");

    Files.writeString(folder.resolve("bin/postgres"), "");
    BINARIES.unpack(parent, progress::add);
    assertThat(progress).hasSize(2);
    assertThat(folder.resolve("bin/postgres")).isNotEmptyFile();
    assertThat(parent)
        .isDirectoryContaining(folder::equals)
        .isDirectoryNotContaining("glob:**/.unpack*");
  }

  @Test
  void unpacksForSeveralAtTheSameTime() throws IOException {
    List<CompletableFuture<Path>> all = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      all.add(Async.supply(this::unpack));
    }

    assertThat(all)
        .allSatisfy(each -> assertThat(each.join()).isEqualTo(parent.resolve("programs")));
    assertThat(BINARIES.isUnpacked(parent)).isTrue();
    assertThat(parent).isDirectoryNotContaining("glob:**/.unpack*");
  }

  @Test
  void unpacksNothingOutsideOfItsFolder() {
    PostgresBinaries hostile = new PostgresBinaries("leaves-its-folder.txz", "programs");

    assertThatThrownBy(() -> hostile.unpack(parent, _ -> {}))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("leaves its folder");
    assertThat(parent).isEmptyDirectory();
  }

  private Path unpack() {
    try {
      return BINARIES.unpack(parent, _ -> {});
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
