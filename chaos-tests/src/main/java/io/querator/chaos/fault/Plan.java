package io.querator.chaos.fault;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;

/// What is broken when, the same for the same seed.
///
/// Every kind comes once before any comes again, in an order of its own each time. Most faults end,
/// and the cluster has some quiet seconds, before the next begins; one in five is joined by another
/// while it lasts. Partitions that are being moved are always joined, at once.
///
/// @param steps by their time
public record Plan(List<Step> steps) {
  /// So long a fault that does not end by itself lasts.
  private static final int LASTS_MIN_MILLIS = 3_000;

  private static final int LASTS_MAX_MILLIS = 9_000;

  /// What is to come back after a fault has this time for it.
  private static final int QUIET_MIN_MILLIS = 8_000;

  private static final int QUIET_MAX_MILLIS = 11_000;

  /// The first fault waits for traffic.
  private static final int FIRST_MILLIS = 2_000;

  private static final int JOINED_ONE_IN = 5;

  /// Moves of small partitions are over soon.
  private static final int MOVE_JOINED_MILLIS = 1_500;

  /// One fault.
  ///
  /// @param atMillis since the run began
  /// @param lastsMillis until it is mended
  /// @param choice any number, from which the target follows
  public record Step(long atMillis, FaultKind kind, int lastsMillis, int choice) {}

  public Plan {
    steps = List.copyOf(steps);
  }

  /// @param kinds that it is made of
  /// @param millis within which all faults begin and end
  public static Plan of(long seed, List<FaultKind> kinds, long millis) {
    if (kinds.isEmpty()) {
      return new Plan(List.of());
    }
    RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
    List<Step> steps = new ArrayList<>();
    List<FaultKind> remaining = new ArrayList<>();
    long at = FIRST_MILLIS;
    while (true) {
      if (remaining.isEmpty()) {
        remaining.addAll(kinds);
        Collections.shuffle(remaining, java.util.Random.from(random));
      }
      FaultKind kind = remaining.removeLast();
      int lasts = random.nextInt(LASTS_MIN_MILLIS, LASTS_MAX_MILLIS);
      if (at + lasts > millis) {
        return new Plan(steps);
      }
      steps.add(new Step(at, kind, lasts, random.nextInt(0, Integer.MAX_VALUE)));
      boolean joined = random.nextInt(JOINED_ONE_IN) == 0;
      if (kind == FaultKind.MOVE_PARTITIONS) {
        at += random.nextInt(MOVE_JOINED_MILLIS);
      } else if (joined) {
        at += random.nextInt(lasts);
      } else {
        at += lasts + random.nextInt(QUIET_MIN_MILLIS, QUIET_MAX_MILLIS);
      }
    }
  }
}
