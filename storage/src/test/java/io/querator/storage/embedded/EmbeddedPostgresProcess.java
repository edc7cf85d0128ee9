package io.querator.storage.embedded;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/// Another JVM that runs an [EmbeddedPostgres] until it is told to stop it, or is killed.
final class EmbeddedPostgresProcess implements AutoCloseable {
  private final Process process;
  private final BufferedReader output;

  private EmbeddedPostgresProcess(Process process) {
    this.process = process;
    this.output = process.inputReader();
  }

  /// In the other JVM: starts the server in `arguments[0]` with the programs in `arguments[1]`,
  /// prints a line, and stops it at the end of the input.
  public static void main(String[] arguments) throws IOException {
    Path directory = Path.of(arguments[0]);
    Path programs = Path.of(arguments[1]);
    try (var server =
        EmbeddedPostgres.start(directory, programs, line -> System.out.println("- " + line))) {
      System.out.println(
          "started %s %s %d %b"
              .formatted(server.jdbcUrl(), server.password(), server.pid(), server.adopted()));
      while (System.in.read() >= 0) {}
    }
    System.out.println("stopped");
  }

  /// Starts a JVM by the words `prefix` and the usual ones.
  static EmbeddedPostgresProcess start(List<String> prefix, Path directory, Path programs)
      throws IOException {
    return start(prefix, System.getProperty("java.class.path"), directory, programs);
  }

  /// Starts a JVM under another account, for which [#copyClassPath] has made a class path.
  static EmbeddedPostgresProcess start(
      List<String> prefix, String classPath, Path directory, Path programs) throws IOException {
    var words = new ArrayList<>(prefix);
    words.add(ProcessHandle.current().info().command().orElseThrow());
    words.addAll(List.of("-cp", classPath, EmbeddedPostgresProcess.class.getName()));
    words.addAll(List.of(directory.toString(), programs.toString()));
    var builder = new ProcessBuilder(words).directory(Path.of("/").toFile());
    return new EmbeddedPostgresProcess(builder.redirectErrorStream(true).start());
  }

  /// What the other JVM said of its server.
  record Started(String jdbcUrl, String password, long pid, boolean adopted) {}

  /// Waits until the server runs.
  ///
  /// @throws IllegalStateException if the JVM ended instead; the message is what it said
  Started awaitStart() {
    var said = new StringBuilder();
    for (String line = nextLine(); line != null; line = nextLine()) {
      said.append(line).append('\n');
      if (line.startsWith("started ")) {
        String[] words = line.split(" ", -1);
        return new Started(
            words[1], words[2], Long.parseLong(words[3]), Boolean.parseBoolean(words[4]));
      }
    }
    throw new IllegalStateException(said.toString());
  }

  private String nextLine() {
    try {
      return output.readLine();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  long pid() {
    return process.pid();
  }

  void kill() throws InterruptedException {
    process.destroyForcibly().waitFor();
  }

  /// Lets it stop its server and end.
  int end() throws IOException, InterruptedException {
    process.getOutputStream().close();
    output.transferTo(Writer.nullWriter());
    return process.waitFor();
  }

  @Override
  public void close() {
    process.destroyForcibly();
  }

  /// A class path under `classes`, a directory that everybody may read, with what is needed of
  /// ours.
  static String copyClassPath(Path classes) throws IOException {
    var copied = new ArrayList<String>();
    for (String entry : System.getProperty("java.class.path").split(":", -1)) {
      Path from = Path.of(entry);
      boolean needed =
          Stream.of(
                  "commons-",
                  "xz-",
                  "postgresql-",
                  "embedded-",
                  "slf4j-api",
                  "jspecify",
                  "classes",
                  "querator-")
              .anyMatch(from.getFileName().toString()::contains);
      if (needed && Files.exists(from)) {
        Path to = classes.resolve(copied.size() + "-" + from.getFileName());
        copy(from, to);
        copied.add(to.toString());
      }
    }
    return String.join(":", copied);
  }

  private static void copy(Path from, Path to) throws IOException {
    try (var paths = Files.walk(from)) {
      for (Path path : paths.toList()) {
        Path copy = to.resolve(from.relativize(path).toString());
        Files.copy(path, copy);
        boolean folder = Files.isDirectory(path);
        Files.setPosixFilePermissions(
            copy, PosixFilePermissions.fromString(folder ? "rwxr-xr-x" : "rw-r--r--"));
      }
    }
  }
}
