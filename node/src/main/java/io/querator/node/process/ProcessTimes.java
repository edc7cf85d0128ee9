package io.querator.node.process;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.stream.Stream;

/// Processor time of processes of this machine, as Linux tells it in `/proc` (proc_pid_stat(5)).
public final class ProcessTimes {
  private static final Path PROC = Path.of("/proc");

  /// USER_HZ, which is 100 on every architecture that a JDK runs on.
  private static final long NANOS_PER_TICK = 10_000_000;

  private static final int PARENT = 1;
  private static final int USER = 11;
  private static final int SYSTEM = 12;
  private static final int ENDED_USER = 13;
  private static final int ENDED_SYSTEM = 14;

  private ProcessTimes() {}

  /// Used by a process and its children so far, those that have ended included.
  ///
  /// @return nothing if there is no such process
  public static Optional<Duration> family(long pid) {
    Optional<ProcessHandle> parent = ProcessHandle.of(pid);
    Optional<String[]> own = stat(pid);
    if (parent.isEmpty() || own.isEmpty()) {
      return Optional.empty();
    }
    String[] fields = own.get();
    long ticks = ticks(fields, USER, SYSTEM, ENDED_USER, ENDED_SYSTEM);
    try (Stream<ProcessHandle> children = parent.get().children()) {
      ticks +=
          children
              .flatMap(child -> stat(child.pid()).stream())
              .mapToLong(stat -> ticks(stat, USER, SYSTEM))
              .sum();
    }
    return Optional.of(Duration.ofNanos(ticks * NANOS_PER_TICK));
  }

  /// The process that started this one.
  public static Optional<Long> parent(long pid) {
    return stat(pid).map(fields -> Long.parseLong(fields[PARENT]));
  }

  /// The command line, its words parted by spaces.
  public static String commandLine(long pid) {
    try {
      return Files.readString(PROC.resolve(pid + "/cmdline")).replace('\0', ' ').strip();
    } catch (IOException e) {
      return "";
    }
  }

  private static long ticks(String[] fields, int... which) {
    long sum = 0;
    for (int index : which) {
      sum += Long.parseLong(fields[index]);
    }
    return sum;
  }

  /// The fields from the third on; the second, the name, may hold anything.
  private static Optional<String[]> stat(long pid) {
    try {
      String line = Files.readString(PROC.resolve(pid + "/stat"));
      return Optional.of(line.substring(line.lastIndexOf(')') + 2).split(" ", -1));
    } catch (NoSuchFileException e) {
      return Optional.empty();
    } catch (IOException e) {
      // it ended while it was read
      return Optional.empty();
    }
  }
}
