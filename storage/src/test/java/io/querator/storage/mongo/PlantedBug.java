package io.querator.storage.mongo;

/// A mistake that the race must notice: a test of the test.
enum PlantedBug {
  NONE,
  /// Who has inserted a record believes that the partition is its own.
  NO_SECOND_READ,
  /// A turn whose answer was lost is sent again, as a driver that retries writes does it.
  RESENDS,
  /// What failed turns left behind is taken for real.
  IGNORES_ENDS,
  /// Openings are trimmed like turns.
  TRIMS_OPENINGS
}
