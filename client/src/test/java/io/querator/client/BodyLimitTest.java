package io.querator.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BodyLimitTest {
  @ParameterizedTest
  @CsvSource({"999,999B", "1000,1.0kB", "5000000,5.0MB", "1500000000,1.5GB"})
  void namesADecimalLimit(int bytes, String text) {
    assertThat(BodyLimit.decimal(bytes).text()).isEqualTo(text);
  }

  @ParameterizedTest
  @CsvSource({"1023,1023B", "256000,250.0KiB", "512000,500.0KiB", "64000000,61.0MiB"})
  void namesABinaryLimit(int bytes, String text) {
    assertThat(BodyLimit.binary(bytes).text()).isEqualTo(text);
  }

  @Test
  void refusesALimitWithoutRoom() {
    assertThatIllegalArgumentException().isThrownBy(() -> new BodyLimit(0, "0B"));
  }
}
