package io.querator.node.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class HostPortTest {
  @ParameterizedTest
  @CsvSource({
    "127.0.0.1:2319,127.0.0.1,2319,localhost:2319",
    "[::1]:1,::1,1,localhost:1",
    ":80,'',80,localhost:80",
    "0.0.0.0:0,0.0.0.0,0,localhost:0",
    "queue.example.org:65535,queue.example.org,65535,queue.example.org:65535",
    "[fe80::1]:7,fe80::1,7,[fe80::1]:7",
  })
  void readsAddresses(String text, String host, int port, String local) {
    assertThat(HostPort.parse(text)).isEqualTo(new HostPort(host, port));
    assertThat(HostPort.parse(text)).hasToString(text);
    assertThat(HostPort.parse(text).localAuthority()).isEqualTo(local);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "80", "a", "a:", "a:b", "a:65536", "::1:80", "a:80:90", "[]:1"})
  void refusesWhatIsNoAddress(String text) {
    assertThatIllegalArgumentException().isThrownBy(() -> HostPort.parse(text));
  }
}
