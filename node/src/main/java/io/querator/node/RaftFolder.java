package io.querator.node;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Comparator;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The folder of this node's part of the ownership table, which one process at a time may use.
///
/// Used by one thread.
final class RaftFolder implements AutoCloseable {
  private static final String NAME = "raft";
  private static final String DAMAGED = "raft.damaged";
  private static final String LOCK = "lock";

  /// A folder that is damaged more often than this has a reason that a person must find.
  private static final Duration DAMAGED_INTERVAL = Duration.ofHours(1);

  private static final Logger log = LoggerFactory.getLogger(RaftFolder.class);

  private final Path path;
  private final Path damaged;
  private final InstantSource clock;
  private @Nullable FileChannel lock;

  /// @param data the node's folder
  RaftFolder(Path data, InstantSource clock) {
    path = data.resolve(NAME);
    damaged = data.resolve(DAMAGED);
    this.clock = clock;
  }

  Path path() {
    return path;
  }

  /// Raft's own lock lets another process of the same name in.
  ///
  /// @throws StartException if another process has it, or it cannot be used
  void lock() {
    try {
      Files.createDirectories(path);
      FileChannel channel =
          FileChannel.open(path.resolve(LOCK), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
      lock = channel;
      if (channel.tryLock() == null) {
        throw new StartException("another node uses the folder " + path, null);
      }
    } catch (OverlappingFileLockException e) {
      throw new StartException("another node uses the folder " + path, e);
    } catch (IOException e) {
      throw new StartException("cannot use the folder " + path + ": " + e.getMessage(), e);
    }
  }

  /// Puts what is in the folder aside, once an hour at most, so that this node learns it from the
  /// others again. The folder is locked before and after.
  ///
  /// @param why it cannot be read
  /// @return whether that was done
  boolean putAside(RuntimeException why) {
    try {
      Instant last =
          Files.exists(damaged) ? Files.getLastModifiedTime(damaged).toInstant() : Instant.MIN;
      if (last.isAfter(clock.instant().minus(DAMAGED_INTERVAL))) {
        return false;
      }
      log.atWarn()
          .addKeyValue("folder", path)
          .addKeyValue("aside", damaged)
          .setCause(why)
          .log("the ownership table here is damaged, learning it from the others");
      delete(damaged);
      close();
      Files.move(path, damaged);
      Files.setLastModifiedTime(damaged, FileTime.from(clock.instant()));
      lock();
      return true;
    } catch (IOException e) {
      throw new StartException("cannot put the folder " + path + " aside: " + e.getMessage(), e);
    }
  }

  private static void delete(Path folder) throws IOException {
    if (!Files.exists(folder)) {
      return;
    }
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }

  @Override
  public void close() {
    FileChannel locked = lock;
    if (locked != null) {
      try {
        locked.close();
      } catch (IOException e) {
        throw new UncheckedIOException("unlocking the folder of the ownership table", e);
      }
    }
  }
}
