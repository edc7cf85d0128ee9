package io.querator.node.peer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class PeerNamesTest {
  private static final Duration LONG = Duration.ofMinutes(1);

  private final AtomicInteger asked = new AtomicInteger();
  private final InetAddress address = InetAddress.ofLiteral("192.0.2.1");

  @Test
  void asksOnceForAWhile() throws UnknownHostException {
    PeerNames names =
        new PeerNames(_ -> {
          asked.incrementAndGet();
          return address;
        });

    assertThat(names.address("a", LONG)).isEqualTo(address);
    assertThat(names.address("a", LONG)).isEqualTo(address);
    assertThat(asked).hasValue(1);
    names.address("b", LONG);
    assertThat(asked).hasValue(2);
  }

  @Test
  void asksAgainAfterAFailure() throws UnknownHostException {
    PeerNames names =
        new PeerNames(host -> {
          if (asked.incrementAndGet() == 1) {
            throw new UnknownHostException(host);
          }
          return address;
        });

    assertThatThrownBy(() -> names.address("a", LONG)).isInstanceOf(UnknownHostException.class);
    assertThat(names.address("a", LONG)).isEqualTo(address);
  }

  @Test
  void keepsWhatItKnowsWhereALookUpFails() throws UnknownHostException {
    PeerNames names =
        new PeerNames(
            host -> {
              if (asked.incrementAndGet() > 1) {
                throw new UnknownHostException(host);
              }
              return address;
            },
            Duration.ZERO);

    names.address("a", LONG);

    assertThat(names.address("a", LONG)).isEqualTo(address);
    assertThat(asked).hasValue(2);
  }
}
