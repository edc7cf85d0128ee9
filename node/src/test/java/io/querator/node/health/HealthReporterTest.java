package io.querator.node.health;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.querator.node.config.HealthSettings;
import io.querator.node.health.NodeState.Phase;
import io.querator.storage.StorageException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class HealthReporterTest {
  private static final Instant NOW = Instant.parse("2026-01-31T12:00:00.123456Z");

  private final AtomicReference<Instant> clock = new AtomicReference<>(NOW);
  private final NodeState state = new NodeState();
  private final HealthReporter health =
      new HealthReporter(
          "1.2.3",
          state,
          new HealthSettings(Duration.ofSeconds(1), Duration.ofMillis(100)),
          clock::get);

  @Test
  void passesWhileTheStorageWorks() throws IOException {
    health.watch(Map.of("default", () -> {}));

    HealthAnswer answer = health.health();

    assertThat(answer.code()).isEqualTo(200);
    assertThat(answer.type()).isEqualTo("application/health+json");
    assertThat(new String(answer.body(), StandardCharsets.UTF_8))
        .isEqualTo(
            """
            {"status":"pass","version":"1.2.3","checks":{"queues:storage":[\
            {"componentType":"datastore","status":"pass","time":"2026-01-31T12:00:00.123Z"}]}}\
            """);
    new ObjectMapper().readTree(answer.body());
  }

  @Test
  void failsWhenTheStorageDoesNot() throws IOException {
    health.watch(
        Map.of(
            "default",
            () -> {
              throw new StorageException.Unavailable("gone\n\"away\"", null);
            }));

    assertThat(health.health().code()).isEqualTo(503);
    JsonNode json = json();
    assertThat(json.get("status").textValue()).isEqualTo("fail");
    assertThat(check(json).get("status").textValue()).isEqualTo("fail");
    assertThat(check(json).get("output").textValue()).isEqualTo("default: gone\n\"away\"");
  }

  @Test
  void warnsWhenOneOfSeveralStoragesFails() throws IOException {
    Map<String, Runnable> storages = new LinkedHashMap<>();
    storages.put("a", () -> {});
    storages.put(
        "b",
        () -> {
          throw new IllegalStateException();
        });
    health.watch(storages);

    assertThat(health.health().code()).isEqualTo(200);
    assertThat(json().get("status").textValue()).isEqualTo("warn");
    assertThat(check(json()).get("output").textValue()).isEqualTo("b: IllegalStateException");
  }

  @Test
  void failsBeforeTheStoragesAreOpen() throws IOException {
    assertThat(health.health().code()).isEqualTo(503);
    assertThat(check(json()).get("output").textValue()).isEqualTo("the storages are not open yet");
  }

  @Test
  void asksAStorageOnceAnIntervalHoweverManyWantToKnow() throws InterruptedException {
    AtomicInteger asked = new AtomicInteger();
    health.watch(Map.of("default", asked::incrementAndGet));

    List<Thread> threads =
        IntStream.range(0, 100).mapToObj(_ -> Thread.startVirtualThread(health::health)).toList();
    for (Thread thread : threads) {
      thread.join();
    }
    assertThat(asked).hasValue(1);

    clock.set(NOW.plusMillis(999));
    health.health();
    assertThat(asked).hasValue(1);

    clock.set(NOW.plusSeconds(1));
    health.health();
    assertThat(asked).hasValue(2);
  }

  @Test
  void doesNotWaitForAStorageThatIsSilentAndAsksItNotAgainMeanwhile() throws IOException {
    CountDownLatch silence = new CountDownLatch(1);
    AtomicInteger asked = new AtomicInteger();
    health.watch(
        Map.of(
            "default",
            () -> {
              asked.incrementAndGet();
              try {
                silence.await();
              } catch (InterruptedException e) {
                throw new IllegalStateException(e);
              }
            }));

    assertThat(health.health().code()).isEqualTo(503);
    clock.set(NOW.plusSeconds(60));
    assertThat(check(json()).get("output").textValue())
        .isEqualTo("default: no answer within 100 ms");
    assertThat(asked).hasValue(1);

    silence.countDown();
    await().until(() -> health.health().code() == 200);
    assertThat(asked).hasValueBetween(1, 2);
  }

  @Test
  void isReadyBetweenStartAndStop() {
    assertThat(health.ready().code()).isEqualTo(503);

    state.advance(Phase.SERVING);
    assertThat(health.ready().code()).isEqualTo(200);

    state.advance(Phase.STOPPING);
    assertThat(health.ready().code()).isEqualTo(503);
    assertThat(new String(health.ready().body(), StandardCharsets.UTF_8))
        .isEqualTo("{\"status\":\"fail\",\"output\":\"stopping\"}");

    state.advance(Phase.SERVING);
    assertThat(health.ready().code()).isEqualTo(503);
  }

  @Test
  void isNotReadyWhileItLeaves() {
    state.advance(Phase.LEAVING);

    assertThat(health.ready().code()).isEqualTo(503);
    assertThat(new String(health.ready().body(), StandardCharsets.UTF_8))
        .isEqualTo("{\"status\":\"fail\",\"output\":\"leaving\"}");
  }

  @Test
  void isNotReadyWhileItIsDrained() {
    state.advance(Phase.SERVING);

    state.draining(true);
    assertThat(new String(health.ready().body(), StandardCharsets.UTF_8))
        .isEqualTo("{\"status\":\"fail\",\"output\":\"draining\"}");

    state.draining(false);
    assertThat(health.ready().code()).isEqualTo(200);
  }

  @Test
  void livesWhateverTheStoragesDo() {
    health.watch(
        Map.of(
            "default",
            () -> {
              throw new IllegalStateException();
            }));

    assertThat(health.live().code()).isEqualTo(200);
  }

  private JsonNode json() throws IOException {
    return new ObjectMapper().readTree(health.health().body());
  }

  private static JsonNode check(JsonNode json) {
    assertThat(json.get("checks").get("queues:storage")).hasSize(1);
    return json.get("checks").get("queues:storage").get(0);
  }
}
