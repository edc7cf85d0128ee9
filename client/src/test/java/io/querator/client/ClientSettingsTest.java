package io.querator.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class ClientSettingsTest {
  private static final URI NODE = URI.create("http://localhost:2319");

  @Test
  void hasTheDocumentedDefaults() {
    assertThat(ClientSettings.of(NODE))
        .isEqualTo(
            new ClientSettings(
                List.of(NODE),
                Duration.ofMinutes(1),
                Duration.ofSeconds(5),
                Duration.ofSeconds(30),
                Duration.ofSeconds(2),
                new Backoff(Duration.ofMillis(20), Duration.ofSeconds(1)),
                1024,
                256L * 1024 * 1024,
                true,
                Duration.ofSeconds(5)));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "localhost:2319",
        "ftp://a",
        "http:///x",
        "http://a?b=c",
        "http://a#b",
        "http://user:secret@a",
        "/a"
      })
  void refusesWhatIsNotTheAddressOfANode(String address) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> ClientSettings.of(URI.create(address)))
        .withMessageContaining(address);
  }

  @Test
  void refusesToHaveNoNode() {
    assertThatIllegalArgumentException().isThrownBy(ClientSettings::of);
  }

  static Stream<UnaryOperator<ClientSettings.Builder>> wrongValues() {
    return Stream.of(
        builder -> builder.requestTimeout(Duration.ZERO),
        builder -> builder.answerMargin(Duration.ofNanos(-1)),
        builder -> builder.callTimeout(Duration.ZERO),
        builder -> builder.connectTimeout(Duration.ZERO),
        builder -> builder.closeTimeout(Duration.ZERO),
        builder -> builder.callsMax(0),
        builder -> builder.answerBytesMax(0));
  }

  @ParameterizedTest
  @MethodSource("wrongValues")
  void refusesValuesOutOfRange(UnaryOperator<ClientSettings.Builder> change) {
    ClientSettings.Builder changed = change.apply(ClientSettings.builder(List.of(NODE)));

    assertThatIllegalArgumentException().isThrownBy(changed::build);
  }
}
