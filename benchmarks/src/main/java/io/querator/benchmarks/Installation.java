package io.querator.benchmarks;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/// Installs what is compared with, from Debian's packages, without having anything started.
final class Installation {
  private static final List<String> PACKAGES =
      List.of("postgresql", "rabbitmq-server", "beanstalkd");

  private Installation() {}

  /// @throws IOException if it fails
  static void run(Consumer<String> progress) throws IOException, InterruptedException {
    List<String> command =
        new ArrayList<>(List.of("apt-get", "install", "-y", "-q", "--no-install-recommends"));
    command.addAll(PACKAGES);
    progress.accept(String.join(" ", command));
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.redirectErrorStream(true).redirectOutput(ProcessBuilder.Redirect.DISCARD);
    builder.environment().put("DEBIAN_FRONTEND", "noninteractive");
    // invoke-rc.d(8) starts no service in a runlevel in which it is not to run
    builder.environment().put("RUNLEVEL", "1");
    int status = builder.start().waitFor();
    if (status != 0) {
      throw new IOException("apt-get ended with " + status + "; --install needs Debian and root");
    }
  }
}
