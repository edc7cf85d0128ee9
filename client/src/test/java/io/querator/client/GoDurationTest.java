package io.querator.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvFileSource;

/// The tables were written by Go 1.26 itself. In an input, `%41` stands for the byte 0x41.
class GoDurationTest {
  @ParameterizedTest
  @CsvFileSource(
      resources = "go-duration-parse.csv",
      numLinesToSkip = 1,
      ignoreLeadingAndTrailingWhitespace = false)
  void parsesAsGoDoes(String input, @Nullable Long nanos, String text) {
    String unescaped = unescape(input);

    if (nanos == null) {
      assertThatThrownBy(() -> GoDuration.parse(unescaped))
          .isInstanceOf(InvalidDurationException.class)
          .hasMessage(text);
    } else {
      Duration duration = GoDuration.parse(unescaped);

      assertThat(duration).isEqualTo(Duration.ofNanos(nanos));
      assertThat(GoDuration.format(duration)).isEqualTo(text);
    }
  }

  @ParameterizedTest
  @CsvFileSource(resources = "go-duration-format.csv", numLinesToSkip = 1)
  void formatsAsGoDoes(long nanos, String text) {
    Duration duration = Duration.ofNanos(nanos);

    assertThat(GoDuration.format(duration)).isEqualTo(text);
    assertThat(GoDuration.parse(text)).isEqualTo(duration);
  }

  @Test
  void refusesToFormatWhatGoCannotHold() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> GoDuration.format(Duration.ofDays(365 * 300)))
        .withMessageContaining("out of range");
  }

  private static String unescape(String input) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    for (int i = 0; i < input.length(); i++) {
      char c = input.charAt(i);
      if (c == '%') {
        bytes.write(HexFormat.fromHexDigits(input, i + 1, i + 3));
        i += 2;
      } else {
        bytes.write(c);
      }
    }
    return bytes.toString(StandardCharsets.UTF_8);
  }
}
