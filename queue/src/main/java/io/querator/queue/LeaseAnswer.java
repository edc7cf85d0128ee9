package io.querator.queue;

import static java.util.Objects.requireNonNull;

import java.util.List;

/// What a lease call came to.
public sealed interface LeaseAnswer {
  /// Items of one partition, lowest ids first, at least one.
  record Leased(int partition, List<LeasedItem> items) implements LeaseAnswer {
    public Leased {
      items = List.copyOf(items);
    }
  }

  /// The call ended without items.
  record Ended(Outcome.Reason reason) implements LeaseAnswer {
    public Ended {
      requireNonNull(reason, "reason");
    }
  }
}
