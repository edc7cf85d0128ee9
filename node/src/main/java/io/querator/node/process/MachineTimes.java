package io.querator.node.process;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.stream.Stream;

/// How long all processors of this machine have existed, and how long of that the host of a virtual
/// machine gave them to others though they had work: Linux tells it in `/proc/stat` (proc_stat(5)),
/// in ticks.
public record MachineTimes(long all, long stolen) {
  private static final Path STAT = Path.of("/proc/stat");

  /// `user nice system idle iowait irq softirq steal`; guests, which follow, are in `user`.
  private static final int FIELDS = 8;

  private static final int STOLEN = 7;

  /// @return nothing where this is not Linux
  public static Optional<MachineTimes> now() {
    try (Stream<String> lines = Files.lines(STAT)) {
      return lines.findFirst().map(MachineTimes::parse);
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  private static MachineTimes parse(String line) {
    String[] words = line.strip().split("\\s+", -1);
    long all = 0;
    for (int field = 0; field < FIELDS; field++) {
      all += Long.parseLong(words[1 + field]);
    }
    return new MachineTimes(all, Long.parseLong(words[1 + STOLEN]));
  }

  /// The share of the time from then to now that was stolen, 0 to 1.
  public double stolenSince(MachineTimes begin) {
    return all == begin.all ? 0 : (double) (stolen - begin.stolen) / (all - begin.all);
  }
}
