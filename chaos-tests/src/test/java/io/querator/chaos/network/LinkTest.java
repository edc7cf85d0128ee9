package io.querator.chaos.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// A link to a server that sends back each byte.
class LinkTest {
  private static final int SOON_MILLIS = 200;
  private static final int PATIENCE_MILLIS = 20_000;

  private ServerSocket server;
  private Link link;

  @BeforeEach
  void start() throws IOException {
    server = new ServerSocket(0, 10, InetAddress.getLoopbackAddress());
    Thread.ofVirtual().start(this::echo);
    link =
        new Link(
            "test",
            () ->
                Optional.of(
                    new InetSocketAddress(
                        InetAddress.getLoopbackAddress(), server.getLocalPort())));
  }

  private void echo() {
    while (!server.isClosed()) {
      try {
        Socket socket = server.accept();
        Thread.ofVirtual()
            .start(() -> {
              try (socket) {
                socket.getInputStream().transferTo(socket.getOutputStream());
              } catch (IOException e) {
                // the link was reset
              }
            });
      } catch (IOException e) {
        // closed
        return;
      }
    }
  }

  @AfterEach
  void stop() throws IOException {
    link.close();
    server.close();
  }

  private Socket connect() throws IOException {
    Socket socket = new Socket(InetAddress.getLoopbackAddress(), link.port());
    socket.setSoTimeout(PATIENCE_MILLIS);
    return socket;
  }

  private static int call(Socket socket, int value) throws IOException {
    socket.getOutputStream().write(value);
    return socket.getInputStream().read();
  }

  @Test
  void passesBytesBothWays() throws IOException {
    try (Socket socket = connect()) {
      assertThat(call(socket, 7)).isEqualTo(7);
      socket.shutdownOutput();
      assertThat(socket.getInputStream().read()).isEqualTo(-1);
    }
  }

  @Test
  void holdsBytesWhileADirectionIsCut() throws IOException {
    try (Socket socket = connect()) {
      assertThat(call(socket, 1)).isEqualTo(1);
      link.set(Condition.OPEN, Condition.CUT);
      socket.getOutputStream().write(2);
      socket.setSoTimeout(SOON_MILLIS);
      assertThatThrownBy(() -> socket.getInputStream().read())
          .isInstanceOf(SocketTimeoutException.class);

      link.heal();

      socket.setSoTimeout(PATIENCE_MILLIS);
      assertThat(socket.getInputStream().read()).isEqualTo(2);
    }
  }

  @Test
  void losesAnAnswerWithItsConnection() throws IOException {
    try (Socket socket = connect()) {
      assertThat(call(socket, 1)).isEqualTo(1);

      link.set(Condition.OPEN, Condition.LOST);

      assertThatThrownBy(() -> call(socket, 2)).isInstanceOf(SocketException.class);
    }
  }

  @Test
  void resetsAllConnectionsWhileItRefuses() throws IOException {
    try (Socket socket = connect()) {
      assertThat(call(socket, 1)).isEqualTo(1);

      link.refuse();

      assertThatThrownBy(() -> call(socket, 2)).isInstanceOf(SocketException.class);
      assertThatThrownBy(() -> call(connect(), 3)).isInstanceOf(SocketException.class);
      link.heal();
      try (Socket again = connect()) {
        assertThat(call(again, 4)).isEqualTo(4);
      }
    }
  }

  @Test
  void isLateWhileItIsSlow() throws IOException {
    try (Socket socket = connect()) {
      assertThat(call(socket, 1)).isEqualTo(1);
      link.set(new Condition.Slow(300, 1_000_000), Condition.OPEN);

      long start = System.nanoTime();
      assertThat(call(socket, 2)).isEqualTo(2);

      assertThat(System.nanoTime() - start).isGreaterThanOrEqualTo(300_000_000);
    }
  }
}
