package io.querator.node.bench;

import java.util.Locale;

/// Which part of an item's life is measured.
enum Mode {
  /// Items are produced, leased and completed at the same time; those that were completed count.
  CYCLE(true, true),
  /// Items are produced and stay.
  PRODUCE(true, false),
  /// Items that are there before are leased and completed, until none is left.
  CONSUME(false, true),
  /// As [#CYCLE], at a rate that leaves the consumers waiting; each item tells when it was due.
  DELIVERY(true, true);

  private final boolean produces;
  private final boolean consumes;

  Mode(boolean produces, boolean consumes) {
    this.produces = produces;
    this.consumes = consumes;
  }

  boolean produces() {
    return produces;
  }

  boolean consumes() {
    return consumes;
  }

  String text() {
    return name().toLowerCase(Locale.ROOT);
  }
}
