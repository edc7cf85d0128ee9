package io.querator.cluster;

/// How often a node has died lately. It is kept out for a while then, as long as not more than half
/// of the nodes are.
///
/// @param count within the last [#FORGOTTEN_MILLIS]
/// @param until so long it is kept out, in milliseconds of the table's own time
/// @param last when it died
record Failures(int count, long until, long last) {
  static final Failures NONE = new Failures(0, 0, 0);

  /// After so long a quiet time nothing is held against it.
  static final long FORGOTTEN_MILLIS = 600_000;

  private static final long FIRST_MILLIS = 10_000;
  private static final long MOST_MILLIS = 300_000;
  private static final int DOUBLINGS_MAX = 5;

  /// One more: it is kept out for 10 s, twice as long each time, 5 minutes at most.
  Failures more(long now) {
    int before = isForgotten(now) ? 0 : count;
    long out = Math.min(MOST_MILLIS, FIRST_MILLIS << Math.min(before, DOUBLINGS_MAX));
    return new Failures(Math.min(before + 1, DOUBLINGS_MAX + 1), now + out, now);
  }

  boolean isForgotten(long now) {
    return now - last >= FORGOTTEN_MILLIS;
  }
}
