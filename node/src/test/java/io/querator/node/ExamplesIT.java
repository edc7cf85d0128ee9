package io.querator.node;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Runs the examples as they are against a node.
final class ExamplesIT {
  private static final Path SCRIPT = Path.of("../examples/every-line.sh").toAbsolutePath();
  private static final Path TEXT = Path.of("/usr/share/common-licenses/GPL-3");
  private static final int MADE_LINES = 500;

  @TempDir private static Path directory;
  private static NodeProcess node;

  @BeforeAll
  static void startNode() throws IOException {
    for (String program : List.of("bash", "curl", "jq")) {
      assumeTrue(isInstalled(program), program + " is missing");
    }
    node = NodeProcess.start(Files.createDirectory(directory.resolve("node"))).awaitReady();
  }

  @AfterAll
  static void stopNode() throws IOException, InterruptedException {
    if (node != null) {
      assertThat(node.signal("TERM").awaitEnd()).isZero();
      node.close();
    }
  }

  @Test
  void everyLineOfATextIsProcessed() throws IOException, InterruptedException {
    Path file = Files.exists(TEXT) ? TEXT : text();
    long lines = Files.readAllLines(file).size();

    Run run = run(SCRIPT, file);

    assertThat(run.output())
        .contains("produced    " + lines + " lines of " + file)
        .contains("killed midway while it held 20")
        .contains("proven      each of the " + lines + " lines was processed, and completed once")
        .contains("proven      delivered twice: the 20 lines that consumer 1 held")
        .doesNotContain("NOT PROVEN");
    assertThat(run.status()).as(run.output()).isZero();
    assertThat(queues()).doesNotContain(run.queue());
  }

  @Test
  void oddLinesAreCarriedExactly() throws IOException, InterruptedException {
    Path file = directory.resolve("odd 'lines'");
    Files.write(file, oddLines());

    Run run = run(SCRIPT, "--keep", file);

    assertThat(run.output())
        .contains("proven      each line arrived as it is in the file")
        .doesNotContain("NOT PROVEN");
    assertThat(run.status()).as(run.output()).isZero();
    assertThat(queues()).contains(run.queue());
  }

  @Test
  void aSingleLineIsEnough() throws IOException, InterruptedException {
    Path file = Files.writeString(directory.resolve("line"), "no line end");

    Run run = run(SCRIPT, file);

    assertThat(run.output()).contains("delivered twice: the 1 lines");
    assertThat(run.status()).as(run.output()).isZero();
  }

  @Test
  void theProofFailsIfALineArrivesChanged() throws IOException, InterruptedException {
    String changed =
        Files.readString(SCRIPT)
            .replace("bytes: (.bytes // \"\")}", "bytes: ((.bytes // \"\")[4:])}");
    Path script = Files.writeString(directory.resolve("changed.sh"), changed);

    Run run = run(script, text());

    assertThat(run.output()).contains("NOT PROVEN  each line arrived as it is in the file");
    assertThat(run.status()).isEqualTo(1);
  }

  @Test
  void saysWhatIsWrong() throws IOException, InterruptedException {
    assertThat(run(SCRIPT, "--speed").output()).contains("there is no option '--speed'");
    assertThat(run(SCRIPT, directory.resolve("absent")).status()).isEqualTo(2);
    Run unreachable = run(SCRIPT, "--url", "http://127.0.0.1:1", text());
    assertThat(unreachable.output()).contains("is Querator running there?");
    assertThat(unreachable.status()).isEqualTo(1);
  }

  /// Nothing that a shell, JSON or a transport might change.
  private static byte[] oddLines() throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    List<String> lines =
        List.of(
            "",
            "\"quotes\" and 'single'",
            "back\\slash \\n \\u0041 \\\\",
            "\ttabs\tand  spaces  ",
            " ",
            "",
            "häßlich — 日本語 🚀 \u202e",
            "$(false) `false` ${HOME} %s %d !! * ? ~",
            "carriage return\r",
            "-n",
            "-e \\t",
            "control \u0001\u0002\u001b[31m\u007f",
            "nul \0 inside",
            "replacement \ufffd itself",
            "x".repeat(200_000),
            "é\"".repeat(400_001),
            "{\"json\": [1, null]}",
            "same",
            "same");
    for (String line : lines) {
      bytes.write((line + "\n").getBytes(UTF_8));
    }
    bytes.write(new byte[] {'l', 'a', 't', 'i', 'n', (byte) 0xe9, '\n'});
    bytes.write(new byte[] {(byte) 0xff, (byte) 0xfe, 0, (byte) 0xc0, '\n'});
    bytes.write("last, without a line end".getBytes(UTF_8));
    return bytes.toByteArray();
  }

  private static Path text() throws IOException {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < MADE_LINES; i++) {
      text.append("line ").append(i).append(" of a text\n");
    }
    return Files.writeString(Files.createTempFile(directory, "text", ""), text);
  }

  private record Run(int status, String output) {
    String queue() {
      return output.lines().findFirst().orElse("").split(" +", -1)[1];
    }
  }

  /// @param arguments after the address of the node and a lease timeout
  private static Run run(Path script, Object... arguments)
      throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of("bash", script.toString()));
    command.addAll(List.of("--url", node.uri().toString(), "--lease-timeout", "5s"));
    for (Object argument : arguments) {
      command.add(argument.toString());
    }
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), UTF_8);
    assertThat(process.waitFor(1, TimeUnit.MINUTES)).isTrue();
    return new Run(process.exitValue(), output);
  }

  private static String queues() throws IOException, InterruptedException {
    return node.post("/v1/queues.list", "{}").body();
  }

  private static boolean isInstalled(String program) {
    for (String folder : System.getenv("PATH").split(":", -1)) {
      if (Files.isExecutable(Path.of(folder, program))) {
        return true;
      }
    }
    return false;
  }
}
