package io.querator.node.bench;

import java.util.EnumMap;
import java.util.Map;
import org.HdrHistogram.Histogram;
import org.HdrHistogram.Recorder;

/// How long calls took. Recorded by all workers at once, read by one thread.
final class Latencies {
  private static final int DIGITS = 3;
  private static final long NANOS_PER_MICRO = 1_000;

  private final Map<Timed, Recorder> recorders = new EnumMap<>(Timed.class);

  Latencies() {
    for (Timed kind : Timed.values()) {
      recorders.put(kind, new Recorder(DIGITS));
    }
  }

  void record(Timed kind, long nanos) {
    recorder(kind).recordValue(Math.max(0, nanos) / NANOS_PER_MICRO);
  }

  /// What was recorded since the last call of this method, in microseconds.
  Map<Timed, Histogram> take() {
    Map<Timed, Histogram> taken = new EnumMap<>(Timed.class);
    for (Timed kind : Timed.values()) {
      taken.put(kind, recorder(kind).getIntervalHistogram());
    }
    return taken;
  }

  private Recorder recorder(Timed kind) {
    Recorder recorder = recorders.get(kind);
    if (recorder == null) {
      throw new IllegalStateException("no recorder for " + kind);
    }
    return recorder;
  }
}
