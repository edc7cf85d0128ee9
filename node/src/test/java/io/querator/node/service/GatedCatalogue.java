package io.querator.node.service;

import io.querator.storage.Catalogue;
import io.querator.storage.QueueRecord;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BooleanSupplier;

/// A catalogue in front of another, in whose changes and readings a test may take part.
final class GatedCatalogue implements Catalogue {
  private final Catalogue catalogue;
  private volatile Runnable beforeReading = () -> {};
  private volatile Gate gate = (_, change) -> change.getAsBoolean();

  GatedCatalogue(Catalogue catalogue) {
    this.catalogue = catalogue;
  }

  /// What happens to a change of a queue.
  interface Gate {
    boolean replace(QueueRecord queue, BooleanSupplier change);
  }

  void gate(Gate decides) {
    gate = decides;
  }

  /// What happens before a queue is read.
  void beforeReading(Runnable happens) {
    beforeReading = happens;
  }

  @Override
  public List<QueueRecord> queues() {
    return catalogue.queues();
  }

  @Override
  public Optional<QueueRecord> queue(String name) {
    beforeReading.run();
    return catalogue.queue(name);
  }

  @Override
  public Map<String, Long> versions() {
    return catalogue.versions();
  }

  @Override
  public boolean create(QueueRecord queue) {
    return catalogue.create(queue);
  }

  @Override
  public boolean replace(QueueRecord queue) {
    return gate.replace(queue, () -> catalogue.replace(queue));
  }

  @Override
  public boolean delete(String name, long version) {
    return catalogue.delete(name, version);
  }
}
