package io.querator.node.bench;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.querator.node.bench.HttpConnection.Answer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

final class HttpConnectionTest {
  @Test
  void readsAnswersOneAfterTheOther() throws IOException {
    List<Answer> answers =
        answers(
            "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc",
            "HTTP/1.1 454 Retry\r\ntransfer-encoding: chunked\r\n\r\n2\r\nxy\r\n1;a=b\r\nz\r\n0\r\n\r\n",
            "HTTP/1.1 200 OK\r\ncontent-length:0\r\n\r\n");

    assertThat(answers).extracting(Answer::status).containsExactly(200, 454, 200);
    assertThat(answers)
        .extracting(answer -> new String(answer.body(), ISO_8859_1))
        .containsExactly("abc", "xyz", "");
  }

  @Test
  void refusesWhatIsNoAnswer() {
    assertThatThrownBy(() -> answers("HTTP/1.1 200 OK\r\n\r\n"))
        .hasMessageContaining("without a length");
    assertThatThrownBy(() -> answers("SSH-2.0-OpenSSH\r\n")).hasMessageContaining("SSH");
    assertThatThrownBy(() -> answers("HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n"))
        .hasMessageContaining("-1");
    assertThatThrownBy(() -> answers("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab"))
        .hasMessageContaining("ended within an answer");
  }

  /// Sends as many requests to a server that says these, then hangs up.
  private static List<Answer> answers(String... texts) throws IOException {
    try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      CompletableFuture<Void> serving = CompletableFuture.runAsync(() -> serve(server, texts));
      URI uri = URI.create("http://127.0.0.1:" + server.getLocalPort());
      try (HttpConnection connection = new HttpConnection(uri, Duration.ofSeconds(10))) {
        byte[] head = connection.head("/v1/queue.lease", "application/json");
        List<Answer> answers = new ArrayList<>();
        for (int i = 0; i < texts.length; i++) {
          answers.add(connection.post(head, new byte[] {'{', '}'}));
        }
        return answers;
      } finally {
        serving.join();
      }
    }
  }

  private static void serve(ServerSocket server, String... texts) {
    try (Socket socket = server.accept()) {
      for (String text : texts) {
        StringBuilder request = new StringBuilder();
        while (request.indexOf("\r\n\r\n{}") < 0) {
          request.append((char) socket.getInputStream().read());
        }
        assertThat(request)
            .startsWith("POST /v1/queue.lease HTTP/1.1\r\nHost: 127.0.0.1:")
            .contains("\r\nAccept: application/json\r\n")
            .contains("\r\nContent-Length: 2\r\n");
        socket.getOutputStream().write(text.getBytes(ISO_8859_1));
      }
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }
}
