package io.querator.storage.embedded;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Collectors;

/// The files that the server logs to: `startup.log` until its logging is set up, then a new file
/// for each day, start and [#FILE_MEGABYTES].
record ServerLog(Path folder) {
  /// How the names of its files begin; the time of their creation follows.
  static final String NAME_PREFIX = "postgresql-";

  static final int FILE_MEGABYTES = 10;
  static final int FILES_KEPT = 5;
  private static final int TAIL_BYTES = 4 * 1024;
  private static final int TAIL_LINES = 20;

  Path startup() {
    return folder.resolve("startup.log");
  }

  /// Deletes all but the newest [#FILES_KEPT] files.
  void prune() {
    List<Path> files = newestFirst();
    try {
      for (Path file : files.subList(Math.min(FILES_KEPT, files.size()), files.size())) {
        Files.deleteIfExists(file);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /// The last lines of what the server said, for an error message.
  String tail() {
    String text =
        read(startup())
            + newestFirst().stream().limit(1).map(ServerLog::read).collect(Collectors.joining());
    List<String> lines = text.lines().toList();
    return String.join("\n", lines.subList(Math.max(0, lines.size() - TAIL_LINES), lines.size()));
  }

  /// By name, which holds the time of creation.
  private List<Path> newestFirst() {
    try (var files = Files.list(folder)) {
      return files
          .filter(file -> file.getFileName().toString().startsWith(NAME_PREFIX))
          .sorted(Comparator.reverseOrder())
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String read(Path file) {
    try (SeekableByteChannel channel =
        Files.newByteChannel(file, StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS)) {
      channel.position(Math.max(0, channel.size() - TAIL_BYTES));
      var buffer = ByteBuffer.allocate(TAIL_BYTES);
      while (buffer.hasRemaining() && channel.read(buffer) >= 0) {}
      return StandardCharsets.UTF_8.decode(buffer.flip()).toString();
    } catch (NoSuchFileException e) {
      return "";
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
