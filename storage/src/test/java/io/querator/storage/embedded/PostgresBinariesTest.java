package io.querator.storage.embedded;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class PostgresBinariesTest {
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
}
