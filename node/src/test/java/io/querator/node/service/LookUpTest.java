package io.querator.node.service;

import static org.assertj.core.api.Assertions.assertThat;

import io.querator.storage.StorageException;
import io.querator.storage.memory.MemoryCatalogue;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// A queue that another node has made just now.
@Timeout(60)
class LookUpTest {
  private final MemoryCatalogue shared = new MemoryCatalogue();
  private final GatedCatalogue catalogue = new GatedCatalogue(shared);

  @AutoClose
  private final TestService other =
      new TestService(List.of(TestService.memory("default", 1)), shared).started();

  @AutoClose
  private final TestService service =
      new TestService(List.of(TestService.memory("default", 1)), catalogue).started();

  @Test
  void knowsItOnlyWhenItsDefinitionHasBeenRead() throws InterruptedException {
    CountDownLatch reading = new CountDownLatch(1);
    CountDownLatch goOn = new CountDownLatch(1);
    catalogue.beforeReading(() -> {
      reading.countDown();
      try {
        goOn.await();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    });
    String name = other.queue(1).name();

    CompletableFuture<Boolean> known =
        service.node.lookUp().thenApply(_ -> service.node.queues().find(name) != null);
    reading.await();

    assertThat(known).isNotDone();
    goOn.countDown();
    assertThat(known.join()).isTrue();
  }

  @Test
  void looksAgainWhereItsDefinitionCannotBeRead() {
    AtomicInteger readings = new AtomicInteger();
    catalogue.beforeReading(() -> {
      if (readings.incrementAndGet() <= 2) {
        throw new StorageException.Unavailable("away", null);
      }
    });
    String name = other.queue(1).name();

    service.node.lookUp().join();

    assertThat(service.find(name)).isNotNull();
    assertThat(readings).hasValueGreaterThan(2);
  }
}
