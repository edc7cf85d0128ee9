package io.querator.storage.embedded;

import io.querator.storage.StorageException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/// The right of one process to use a directory, which ends with the process, however it ends.
final class DirectoryLock implements AutoCloseable {
  /// What this process holds. A POSIX lock belongs to the process and is dropped when *any*
  /// descriptor of its file is closed, so that a second attempt within the process must not even
  /// open the file.
  private static final Set<Path> HELD = ConcurrentHashMap.newKeySet();

  private final Path file;
  private final FileChannel channel;

  private DirectoryLock(Path file, FileChannel channel) {
    this.file = file;
    this.channel = channel;
  }

  /// Takes the lock on `file`, an absolute path without links, or fails at once.
  ///
  /// @throws StorageException.Unavailable if another has it; the message names the process
  static DirectoryLock acquire(Path file) throws IOException {
    String self = Long.toString(ProcessHandle.current().pid());
    if (!HELD.add(file)) {
      throw held(file, "this process itself (pid " + self + ")");
    }
    try {
      return new DirectoryLock(file, open(file, self));
    } catch (IOException | RuntimeException e) {
      HELD.remove(file);
      throw e;
    }
  }

  private static FileChannel open(Path file, String self) throws IOException {
    FileChannel channel =
        FileChannel.open(
            file,
            StandardOpenOption.CREATE,
            StandardOpenOption.WRITE,
            StandardOpenOption.READ,
            LinkOption.NOFOLLOW_LINKS);
    try {
      if (channel.tryLock() == null) {
        throw held(file, "process " + Files.readString(file).strip());
      }
      channel.truncate(0);
      channel.write(ByteBuffer.wrap((self + "\n").getBytes(StandardCharsets.US_ASCII)), 0);
      return channel;
    } catch (IOException | RuntimeException e) {
      channel.close();
      throw e;
    }
  }

  private static StorageException held(Path file, String holder) {
    return new StorageException.Unavailable(
        "%s is in use by %s; one process at a time may use it".formatted(file.getParent(), holder),
        null);
  }

  @Override
  public void close() throws IOException {
    channel.close();
    HELD.remove(file);
  }
}
