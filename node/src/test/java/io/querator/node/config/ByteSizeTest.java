package io.querator.node.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ByteSizeTest {
  @ParameterizedTest
  @CsvSource({
    "0,0,0B",
    "1500,1500,1500B",
    "5000000,5000000,5MB",
    "5MB,5000000,5MB",
    "5.0 MB,5000000,5MB",
    "1.5kB,1500,1500B",
    "500KB,500000,500kB",
    "250KiB,256000,256kB",
    "64MiB,67108864,64MiB",
    "1GiB,1073741824,1GiB",
    "2TB,2000000000000,2TB",
  })
  void readsAndWritesSizes(String text, long bytes, String shortest) {
    assertThat(ByteSize.parse(text)).isEqualTo(new ByteSize(bytes));
    assertThat(ByteSize.parse(text)).hasToString(shortest);
    assertThat(ByteSize.parse(shortest)).isEqualTo(new ByteSize(bytes));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "B", "-1", "1XB", "1.5", "1e3", "10000000TB", "1 2", "0.1kiB", "1m"})
  void refusesWhatIsNoSize(String text) {
    assertThatIllegalArgumentException().isThrownBy(() -> ByteSize.parse(text));
  }
}
