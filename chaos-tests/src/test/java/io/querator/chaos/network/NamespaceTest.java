package io.querator.chaos.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

final class NamespaceTest {
  private static final int LOST_MILLIS = 200;
  private static final int PATIENCE_MILLIS = 30_000;

  /// Only root on Linux can make a namespace; for others there is nothing to be tested.
  @BeforeEach
  void needsRootOnLinux() throws InterruptedException {
    assumeTrue(canMakeNamespaces(), "no network namespaces for this user on this system");
  }

  private static boolean canMakeNamespaces() throws InterruptedException {
    try {
      return new ProcessBuilder("unshare", "--net", "true").start().waitFor() == 0;
    } catch (IOException e) {
      // there is no such command
      return false;
    }
  }

  @Test
  void losesPacketsOfConnectionsThatStay() throws Exception {
    try (Namespace host = new Namespace();
        ServerSocket server = new ServerSocket()) {
      server.bind(new InetSocketAddress(host.gateway(), 0));
      List<String> command = new ArrayList<>(host.prefix());
      command.addAll(
          List.of(
              "bash",
              "-c",
              "exec cat >/dev/tcp/%s/%d"
                  .formatted(host.gateway().getHostAddress(), server.getLocalPort())));
      Process client = new ProcessBuilder(command).start();
      try (Socket connection = server.accept();
          OutputStream sent = client.getOutputStream()) {
        assertThat(connection.getInetAddress()).isEqualTo(host.address());
        BufferedReader arrived =
            new BufferedReader(
                new InputStreamReader(connection.getInputStream(), StandardCharsets.UTF_8));
        write(sent, "one");
        assertThat(arrived.readLine()).isEqualTo("one");

        host.lose();
        write(sent, "two");
        connection.setSoTimeout(LOST_MILLIS);
        assertThatThrownBy(arrived::readLine).isInstanceOf(SocketTimeoutException.class);

        host.heal();
        connection.setSoTimeout(PATIENCE_MILLIS);
        assertThat(arrived.readLine()).isEqualTo("two");
      } finally {
        client.destroyForcibly().waitFor();
      }
    }
  }

  @Test
  void leavesNothing() throws Exception {
    Namespace host = new Namespace();
    assertThat(NetworkInterface.getByInetAddress(host.gateway())).isNotNull();

    host.close();

    // the system takes its time
    long end = System.nanoTime() + PATIENCE_MILLIS * 1_000_000L;
    while (NetworkInterface.getByInetAddress(host.gateway()) != null && System.nanoTime() < end) {
      Thread.onSpinWait();
    }
    assertThat(NetworkInterface.getByInetAddress(host.gateway())).isNull();
  }

  private static void write(OutputStream stream, String line) throws IOException {
    stream.write((line + "\n").getBytes(StandardCharsets.UTF_8));
    stream.flush();
  }
}
