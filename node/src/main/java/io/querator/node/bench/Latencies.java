package io.querator.node.bench;

import java.util.EnumMap;
import java.util.Map;
import org.HdrHistogram.Histogram;
import org.HdrHistogram.Recorder;

/// How long calls took. Recorded by all workers at once, read by one thread.
final class Latencies {
  private static final int DIGITS = 3;
  private static final long NANOS_PER_MICRO = 1_000;

  private final Map<CallKind, Recorder> recorders = new EnumMap<>(CallKind.class);

  Latencies() {
    for (CallKind kind : CallKind.values()) {
      recorders.put(kind, new Recorder(DIGITS));
    }
  }

  void record(CallKind kind, long nanos) {
    recorder(kind).recordValue(Math.max(0, nanos) / NANOS_PER_MICRO);
  }

  /// What was recorded since the last call of this method, in microseconds.
  Map<CallKind, Histogram> take() {
    Map<CallKind, Histogram> taken = new EnumMap<>(CallKind.class);
    for (CallKind kind : CallKind.values()) {
      taken.put(kind, recorder(kind).getIntervalHistogram());
    }
    return taken;
  }

  private Recorder recorder(CallKind kind) {
    Recorder recorder = recorders.get(kind);
    if (recorder == null) {
      throw new IllegalStateException("no recorder for " + kind);
    }
    return recorder;
  }
}
