package io.querator.client;

import static org.assertj.core.api.Assertions.assertThat;

import io.querator.client.Endpoints.Endpoint;
import java.net.URI;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class EndpointsTest {
  private final AtomicLong nanoTime = new AtomicLong(Long.MAX_VALUE - 10);
  private final Endpoints endpoints =
      new Endpoints(
          Stream.of("http://a", "http://b/", "http://c/path/").map(URI::create).toList(),
          nanoTime::get);

  @Test
  void takesTurns() {
    assertThat(next(4)).containsExactly("http://a", "http://b", "http://c/path", "http://a");
  }

  @Test
  void joinsPaths() {
    assertThat(next(2)).hasSize(2);
    assertThat(endpoints.next().at("/v1/queue.lease"))
        .isEqualTo(URI.create("http://c/path/v1/queue.lease"));
  }

  @Test
  void passesOverWhatIsUnreachableForAWhile() {
    endpoints.unreachable(endpoints.next());

    assertThat(next(4)).containsExactly("http://b", "http://c/path", "http://b", "http://b");

    nanoTime.addAndGet(Endpoints.REST.toNanos());

    assertThat(next(3)).containsExactlyInAnyOrder("http://a", "http://b", "http://c/path");
  }

  @Test
  void handsOutTheUnreachableIfThereIsNoOther() {
    for (int i = 0; i < 3; i++) {
      endpoints.unreachable(endpoints.next());
    }

    assertThat(next(3)).containsExactly("http://a", "http://b", "http://c/path");
  }

  private List<String> next(int count) {
    return Stream.generate(endpoints::next).limit(count).map(Endpoint::base).toList();
  }
}
