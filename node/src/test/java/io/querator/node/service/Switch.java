package io.querator.node.service;

import io.querator.storage.Catalogue;
import io.querator.storage.Faults;
import io.querator.storage.QueueRecord;
import io.querator.storage.StorageException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/// Turns a storage off and on.
final class Switch implements Faults {
  private volatile boolean off;

  void off() {
    off = true;
  }

  void on() {
    off = false;
  }

  @Override
  public CommitFault commit() {
    return off ? CommitFault.UNAVAILABLE : CommitFault.NONE;
  }

  @Override
  public OpenFault open() {
    return off ? OpenFault.BEFORE : OpenFault.NONE;
  }

  @Override
  public boolean read() {
    return off;
  }

  /// `catalogue` as long as this is on.
  Catalogue around(Catalogue catalogue) {
    return new Catalogue() {
      @Override
      public List<QueueRecord> queues() {
        return switched(catalogue::queues);
      }

      @Override
      public Optional<QueueRecord> queue(String name) {
        return switched(() -> catalogue.queue(name));
      }

      @Override
      public Map<String, Long> versions() {
        return switched(catalogue::versions);
      }

      @Override
      public boolean create(QueueRecord queue) {
        return switched(() -> catalogue.create(queue));
      }

      @Override
      public boolean replace(QueueRecord queue) {
        return switched(() -> catalogue.replace(queue));
      }

      @Override
      public boolean delete(String name, long version) {
        return switched(() -> catalogue.delete(name, version));
      }
    };
  }

  private <T> T switched(Supplier<T> action) {
    if (off) {
      throw new StorageException.Unavailable("switched off", null);
    }
    return action.get();
  }
}
