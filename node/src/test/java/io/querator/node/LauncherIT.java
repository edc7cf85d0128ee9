package io.querator.node;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Runs the launcher itself in a checkout made of stand-ins: a `java` that says how it was called,
/// and an `mvn` that makes the jar.
final class LauncherIT {
  private static final Path REPOSITORY = Path.of("..").toAbsolutePath().normalize();
  private static final String NEWER_THAN_ALL = "99.0.1";
  private static final String SYSTEM_PATH = "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin";

  @TempDir private Path temporary;
  private Path checkout;
  private Path home;
  private Path programs;
  private Path elsewhere;

  @BeforeEach
  void makeCheckout() throws IOException {
    checkout = Files.createDirectories(temporary.resolve("a check'out"));
    home = Files.createDirectory(temporary.resolve("home"));
    programs = Files.createDirectory(temporary.resolve("programs"));
    elsewhere = Files.createDirectory(temporary.resolve("elsewhere"));
    for (String file : List.of("querator", "bin/find-jdk")) {
      Path copy = checkout.resolve(file);
      Files.createDirectories(copy.getParent());
      Files.copy(REPOSITORY.resolve(file), copy);
    }
    source("pom.xml");
    source("node/pom.xml");
    source("node/src/main/java/Main.java");
    jdk(home.resolve(".jdks/newest"), NEWER_THAN_ALL);
    executable(
        programs.resolve("mvn"),
        """
        #!/bin/sh
        echo "$JAVA_HOME $*" >>"$HOME/builds"
        root=$(dirname "$3")
        [ -f "$HOME/broken" ] && { echo '[ERROR] does not compile'; exit 7; }
        echo '[INFO] Building Querator :: node 1.0   [1/1]'
        mkdir -p "$root/node/target"
        echo jar >"$root/node/target/querator.jar"
        mkdir -p "$root/chaos-tests/target"
        echo jar >"$root/chaos-tests/target/querator-chaos.jar"
        mkdir -p "$root/benchmarks/target"
        echo jar >"$root/benchmarks/target/querator-benchmarks.jar"
        """);
  }

  @Test
  void buildsOnFirstUseAndBecomesTheJvm() throws Exception {
    Run run = launch("bench", "--name", "two words", "*");

    assertThat(run.error())
        .contains("querator: building")
        .contains("querator:   Querator :: node\n")
        .contains("querator: built");
    assertThat(run.output())
        .contains("java of newest, process " + run.pid())
        .contains("in " + elsewhere.toRealPath())
        .endsWith(
            "<-jar><"
                + checkout.toRealPath()
                + "/node/target/querator.jar><bench><--name><two words><*>\n");
    assertThat(run.status()).isEqualTo(5);
    assertThat(builds())
        .singleElement()
        .asString()
        .startsWith(home.resolve(".jdks/newest") + " ")
        .contains("-pl node -am -DskipTests")
        .endsWith(" package");
  }

  @Test
  void runsTheChaosTestsInsteadOfANode() throws Exception {
    Run run = launch("chaos", "--quick");

    assertThat(run.output())
        .endsWith(
            "<-jar><"
                + checkout.toRealPath()
                + "/chaos-tests/target/querator-chaos.jar><--quick>\n");
    assertThat(builds()).singleElement().asString().contains("-pl chaos-tests -am -DskipTests");
  }

  @Test
  void runsTheComparisonInsteadOfANode() throws Exception {
    Run run = launch("bench", "compare", "--rounds=1");

    assertThat(run.output())
        .endsWith(
            "<-jar><"
                + checkout.toRealPath()
                + "/benchmarks/target/querator-benchmarks.jar><compare><--rounds=1>\n");
    assertThat(builds()).singleElement().asString().contains("-pl benchmarks -am -DskipTests");
  }

  @Test
  void buildsAgainOnlyWhenSourcesChange() throws Exception {
    launch();
    launch();
    assertThat(builds()).hasSize(1);

    letTimePass();
    source("queue/src/main/java/Queue.java");
    launch();
    assertThat(builds()).hasSize(2);

    letTimePass();
    source("node/src/test/java/MainTest.java");
    launch();
    assertThat(builds()).hasSize(2);

    letTimePass();
    Files.delete(checkout.resolve("queue/src/main/java/Queue.java"));
    launch();
    assertThat(builds()).hasSize(3);
  }

  @Test
  void saysWhyABuildFailedAndTriesAgainNextTime() throws Exception {
    Files.createFile(home.resolve("broken"));

    Run run = launch();

    assertThat(run.status()).isEqualTo(1);
    assertThat(run.output()).isEmpty();
    assertThat(run.error())
        .contains("[ERROR] does not compile")
        .contains("mvn ended with 7")
        .contains("build.log");
    Files.delete(home.resolve("broken"));
    assertThat(launch().status()).isEqualTo(5);
  }

  @Test
  void buildsOnceForTwoStartsAtTheSameTime() throws Exception {
    List<Process> both = List.of(start(environment()), start(environment()));

    for (Process process : both) {
      assertThat(finish(process).status()).isEqualTo(5);
    }
    assertThat(builds()).hasSize(1);
    assertThat(checkout.resolve("target/build.lock")).doesNotExist();
  }

  @Test
  void takesTheLockOfAStartThatWasKilled() throws Exception {
    Process dead = new ProcessBuilder("true").start();
    dead.waitFor();
    Path lock = Files.createDirectories(checkout.resolve("target/build.lock"));
    Files.writeString(lock.resolve("pid"), dead.pid() + "\n");

    assertThat(launch().status()).isEqualTo(5);
  }

  @Test
  void takesJavaHomeIfItIsNewEnough() throws Exception {
    Map<String, String> environment = environment();
    environment.put("JAVA_HOME", jdk(temporary.resolve("my jdk"), "25").toString());
    assertThat(finish(start(environment)).output()).contains("java of my jdk");

    environment.put("JAVA_HOME", jdk(temporary.resolve("old"), "17.0.9").toString());
    assertThat(finish(start(environment)).output()).contains("java of newest");

    environment.put("JAVA_HOME", temporary.resolve("absent").toString());
    assertThat(finish(start(environment)).output()).contains("java of newest");
  }

  @Test
  void takesTheJavaOnThePathThroughLinksIfItIsNewEnough() throws Exception {
    Path jdk = jdk(temporary.resolve("linked"), "26-ea");
    Files.createSymbolicLink(temporary.resolve("alternative"), jdk.resolve("bin/java"));
    Files.createSymbolicLink(programs.resolve("java"), Path.of("../alternative"));

    assertThat(launch().output()).contains("java of linked");
  }

  @Test
  void passesOptionsToTheJvm() throws Exception {
    Map<String, String> environment = environment();
    environment.put("QUERATOR_JAVA_OPTS", "-Xmx1g -Da=b");

    assertThat(finish(start(environment)).output()).contains("<-Xmx1g><-Da=b><-jar>");
  }

  @Test
  void startsFromTheAheadOfTimeCacheThatTheBuildMade() throws Exception {
    launch();
    Path cache = checkout.toRealPath().resolve("node/target/querator.aot");
    Files.createFile(cache);

    assertThat(launch("bench").output())
        .contains("<-XX:AOTCache=" + cache + ">")
        .endsWith("querator.jar><bench>\n");
    for (String variable : List.of("QUERATOR_JAVA_OPTS", "JAVA_TOOL_OPTIONS")) {
      Map<String, String> environment = environment();
      environment.put(variable, "-Xshare:off");
      Process process = start(environment, checkout.resolve("querator"), List.of("bench"));
      assertThat(finish(process).output()).contains("<bench>").doesNotContain("AOT");
    }
  }

  @Test
  void worksThroughLinks() throws Exception {
    Path link = Files.createSymbolicLink(temporary.resolve("link"), checkout.resolve("querator"));
    Path second = Files.createSymbolicLink(temporary.resolve("second"), link.getFileName());

    Process process = start(environment(), second, List.of("--help"));

    assertThat(finish(process).output()).endsWith("querator.jar><--help>\n");
  }

  @Test
  void runsTheOlderBuildWhereThereIsNoMaven() throws Exception {
    launch();
    letTimePass();
    source("pom.xml");
    Map<String, String> environment = environment();
    environment.put("PATH", withoutMaven());

    Run run = finish(start(environment));

    assertThat(run.error()).contains("no mvn on the PATH: running the older build");
    assertThat(run.status()).isEqualTo(5);
  }

  @Test
  void saysHowToGetMaven() throws Exception {
    Map<String, String> environment = environment();
    environment.put("PATH", withoutMaven());

    Run run = finish(start(environment));

    assertThat(run.status()).isEqualTo(1);
    assertThat(run.error()).contains("apt install maven");
  }

  /// @param pid the launcher's process id
  private record Run(long pid, int status, String output, String error) {}

  private Run launch(String... arguments) throws Exception {
    return finish(start(environment(), checkout.resolve("querator"), List.of(arguments)));
  }

  private Process start(Map<String, String> environment) throws IOException {
    return start(environment, checkout.resolve("querator"), List.of());
  }

  private Process start(Map<String, String> environment, Path launcher, List<String> arguments)
      throws IOException {
    var words = new ArrayList<>(List.of(launcher.toString()));
    words.addAll(arguments);
    var builder = new ProcessBuilder(words).directory(elsewhere.toFile());
    builder.environment().clear();
    builder.environment().putAll(environment);
    return builder.start();
  }

  private static Run finish(Process process) throws Exception {
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    return new Run(
        process.pid(),
        process.exitValue(),
        new String(process.getInputStream().readAllBytes(), UTF_8),
        new String(process.getErrorStream().readAllBytes(), UTF_8));
  }

  private Map<String, String> environment() {
    return new HashMap<>(Map.of("HOME", home.toString(), "PATH", programs + ":" + SYSTEM_PATH));
  }

  /// A folder with all the programs of the system but `mvn` and `java`.
  private String withoutMaven() throws IOException {
    Path folder = Files.createDirectories(temporary.resolve("without"));
    for (String directory : SYSTEM_PATH.split(":", -1)) {
      if (Files.isDirectory(Path.of(directory))) {
        try (var files = Files.list(Path.of(directory))) {
          for (Path file : files.toList()) {
            Path link = folder.resolve(file.getFileName());
            if (!List.of("mvn", "java").contains(file.getFileName().toString())
                && !Files.exists(link, LinkOption.NOFOLLOW_LINKS)) {
              Files.createSymbolicLink(link, file);
            }
          }
        }
      }
    }
    return folder.toString();
  }

  private List<String> builds() throws IOException {
    return Files.readAllLines(home.resolve("builds"));
  }

  private Path source(String name) throws IOException {
    Path file = checkout.resolve(name);
    Files.createDirectories(file.getParent());
    return Files.writeString(file, "");
  }

  /// Makes all files older, so that what is written next is newer than the last build, however
  /// coarse the file system's clock is.
  private void letTimePass() throws IOException {
    try (var paths = Files.walk(checkout)) {
      for (Path path : paths.toList()) {
        Instant written = Files.getLastModifiedTime(path).toInstant();
        Files.setLastModifiedTime(path, FileTime.from(written.minus(Duration.ofMinutes(1))));
      }
    }
  }

  private static Path jdk(Path folder, String version) throws IOException {
    Files.createDirectories(folder.resolve("bin"));
    Files.writeString(folder.resolve("release"), "JAVA_VERSION=\"" + version + "\"\n");
    executable(folder.resolve("bin/javac"), "#!/bin/sh\n");
    executable(
        folder.resolve("bin/java"),
        """
        #!/bin/sh
        echo "java of %s, process $$ in $(pwd)"
        printf '<%%s>' "$@"
        echo
        exit 5
        """
            .formatted(folder.getFileName()));
    return folder;
  }

  private static void executable(Path file, String text) throws IOException {
    Files.writeString(file, text);
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
  }
}
