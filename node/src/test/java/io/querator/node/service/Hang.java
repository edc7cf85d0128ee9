package io.querator.node.service;

import io.querator.storage.Catalogue;
import io.querator.storage.Faults;
import io.querator.storage.QueueRecord;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;

/// Holds a storage up: what is asked of it is answered only after [#goOn].
final class Hang implements Faults {
  private static final CountDownLatch OPEN = new CountDownLatch(0);

  private final AtomicInteger waiting = new AtomicInteger();
  private volatile CountDownLatch gate = OPEN;

  void begin() {
    gate = new CountDownLatch(1);
  }

  void goOn() {
    gate.countDown();
  }

  /// How many calls wait for an answer.
  int waiting() {
    return waiting.get();
  }

  private void pass() {
    waiting.incrementAndGet();
    try {
      gate.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      waiting.decrementAndGet();
    }
  }

  @Override
  public CommitFault commit() {
    pass();
    return CommitFault.NONE;
  }

  @Override
  public OpenFault open() {
    pass();
    return OpenFault.NONE;
  }

  @Override
  public boolean read() {
    pass();
    return false;
  }

  /// `catalogue`, held up by this.
  Catalogue around(Catalogue catalogue) {
    return new Catalogue() {
      @Override
      public List<QueueRecord> queues() {
        pass();
        return catalogue.queues();
      }

      @Override
      public Optional<QueueRecord> queue(String name) {
        pass();
        return catalogue.queue(name);
      }

      @Override
      public Map<String, Long> versions() {
        pass();
        return catalogue.versions();
      }

      @Override
      public boolean create(QueueRecord queue) {
        pass();
        return catalogue.create(queue);
      }

      @Override
      public boolean replace(QueueRecord queue) {
        pass();
        return catalogue.replace(queue);
      }

      @Override
      public boolean delete(String name, long version) {
        pass();
        return catalogue.delete(name, version);
      }
    };
  }
}
