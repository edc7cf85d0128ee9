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

  /// The call ended without items, and none are leased for it.
  record Ended(Outcome.Reason reason) implements LeaseAnswer {
    public Ended {
      requireNonNull(reason, "reason");
    }
  }

  /// The call ended without items, while a lease for it was being written: some may be leased that
  /// nobody was told of. They are given back, or their lease runs out.
  record Unknown() implements LeaseAnswer {}
}
