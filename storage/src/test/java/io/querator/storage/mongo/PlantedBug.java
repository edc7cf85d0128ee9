package io.querator.storage.mongo;

/// A mistake that the race must notice: a test of the test.
enum PlantedBug {
  NONE(1),
  /// Who has inserted a record believes that the partition is its own.
  NO_SECOND_READ(320),
  /// A turn whose answer was lost is sent again, as a driver that retries writes does it.
  RESENDS(1),
  /// What failed turns left behind is taken for real.
  IGNORES_ENDS(1),
  /// Openings are trimmed like turns.
  TRIMS_OPENINGS(1),
  /// An opening does not say up to which epoch the partition was filled.
  FORGETS_THE_BASE(1),
  /// A partition is used although something that it was to be filled with was not committed.
  PUBLISHES_HALF(40);

  private final long firstSeed;

  PlantedBug(long firstSeed) {
    this.firstSeed = firstSeed;
  }

  /// A seed soon after which it is noticed, as the race is now.
  long firstSeed() {
    return firstSeed;
  }
}
