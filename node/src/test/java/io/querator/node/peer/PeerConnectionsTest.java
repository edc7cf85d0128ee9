package io.querator.node.peer;

import static io.querator.node.peer.PeerConnections.TRUSTED;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import io.querator.cluster.NodeId;
import io.querator.cluster.link.PeerException;
import io.querator.cluster.link.PeerException.Kind;
import io.querator.node.peer.PeerConnections.Exchange;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class PeerConnectionsTest {
  private static final NodeId NODE = new NodeId("b");
  private static final Duration LONG = Duration.ofMinutes(1);
  private static final Duration SHORT = Duration.ofMillis(300);

  /// More than twice of what fits into the buffers of a connection.
  private static final int LARGE = 64 << 20;

  private static final byte[] BODY = "hello".getBytes(StandardCharsets.US_ASCII);

  @AutoClose("shutdownNow")
  private final ScheduledExecutorService watchdog = Executors.newSingleThreadScheduledExecutor();

  @AutoClose
  private final PeerConnections connections = connections(100, InetAddress::getByName, TRUSTED);

  @AutoClose private final Server server = new Server();

  PeerConnectionsTest() throws IOException {}

  private PeerConnections connections(int max, PeerNames.Names names, Duration trusted) {
    return new PeerConnections(max, max, trusted, new PeerNames(names), watchdog);
  }

  /// Another node, each connection of which is handled by a script.
  private static final class Server implements AutoCloseable {
    private final ServerSocket socket = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    private final List<Socket> accepted = new CopyOnWriteArrayList<>();
    private final List<String> heads = new CopyOnWriteArrayList<>();

    interface Script {
      void run(Socket socket) throws IOException;
    }

    Server() throws IOException {}

    String address() {
      return "127.0.0.1:" + socket.getLocalPort();
    }

    void run(Script script) {
      Thread.ofVirtual()
          .start(() -> {
            while (!socket.isClosed()) {
              try {
                Socket one = socket.accept();
                accepted.add(one);
                Thread.ofVirtual()
                    .start(() -> {
                      try {
                        script.run(one);
                      } catch (IOException e) {
                        // what the other side does is what is tested
                        heads.add("ended: " + e.getMessage());
                      }
                    });
              } catch (IOException e) {
                return;
              }
            }
          });
    }

    /// Reads a request whose body is [#BODY].
    ///
    /// @return false if there is no further one
    boolean read(Socket from) throws IOException {
      InputStream in = from.getInputStream();
      StringBuilder head = new StringBuilder();
      while (head.indexOf("\r\n\r\n") < 0) {
        int next = in.read();
        if (next < 0) {
          return false;
        }
        head.append((char) next);
      }
      heads.add(head.toString());
      assertThat(in.readNBytes(BODY.length)).isEqualTo(BODY);
      return true;
    }

    static void write(Socket to, String text) throws IOException {
      to.getOutputStream().write(text.getBytes(StandardCharsets.US_ASCII));
    }

    @Override
    public void close() throws IOException {
      socket.close();
      for (Socket one : accepted) {
        one.close();
      }
    }
  }

  private static String answer(String body) {
    return "HTTP/1.1 200 OK\r\nContent-Length: " + body.length() + "\r\n\r\n" + body;
  }

  private Exchange post(PeerConnections by, String address, byte[] body, Duration timeout) {
    return by.post(NODE, address, "/x", Map.of("Accept", "a/b"), body, body.length, timeout);
  }

  private Exchange post(byte[] body, Duration timeout) {
    return post(connections, server.address(), body, timeout);
  }

  private Kind failure(byte[] body, Duration timeout) {
    return failure(() -> post(body, timeout));
  }

  private static Kind failure(Supplier<Exchange> call) {
    return catchThrowableOfType(
            PeerException.class,
            () -> {
              try (Exchange exchange = call.get()) {
                exchange.whole();
              }
            })
        .kind();
  }

  private String whole() {
    return whole(connections);
  }

  private String whole(PeerConnections by) {
    try (Exchange exchange = post(by, server.address(), BODY, LONG)) {
      assertThat(exchange.status()).isEqualTo(200);
      return new String(exchange.whole(), StandardCharsets.US_ASCII);
    }
  }

  private void answersAll() {
    server.run(socket -> {
      for (int i = 1; server.read(socket); i++) {
        Server.write(socket, answer("answer " + i));
      }
    });
  }

  @Test
  void keepsItsConnection() {
    answersAll();

    assertThat(List.of(whole(), whole(), whole()))
        .containsExactly("answer 1", "answer 2", "answer 3");
    assertThat(server.accepted).hasSize(1);
    assertThat(server.heads)
        .allSatisfy(head ->
            assertThat(head)
                .startsWith("POST /x HTTP/1.1\r\n")
                .contains("\r\nAccept: a/b\r\n", "\r\nHost: " + server.address() + "\r\n"));
  }

  @Test
  void leavesAConnectionThatTheOtherNodeHasClosedMeanwhile() {
    server.run(socket -> {
      server.read(socket);
      Server.write(socket, answer("and no more"));
      socket.close();
    });
    try (PeerConnections wary = connections(100, InetAddress::getByName, Duration.ZERO)) {
      whole(wary);

      assertThat(whole(wary)).isEqualTo("and no more");
    }
    assertThat(server.accepted).hasSize(2);
  }

  @Test
  void knowsThatNobodyListens() throws IOException {
    server.close();

    assertThat(failure(BODY, LONG)).isEqualTo(Kind.REFUSED);
  }

  @Test
  void knowsThatThereIsNoSuchHost() {
    assertThat(failure(() -> post(connections, "none.invalid:1", BODY, LONG)))
        .isEqualTo(Kind.NOT_EXECUTED);
    assertThat(failure(() -> post(connections, "no address", BODY, LONG)))
        .isEqualTo(Kind.NOT_EXECUTED);
  }

  @Test
  void waitsNoLongerForALookUp() {
    CountDownLatch never = new CountDownLatch(1);
    PeerNames.Names hanging =
        host -> {
          try {
            never.await();
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
          throw new UnknownHostException(host);
        };
    try (PeerConnections waiting = connections(100, hanging, TRUSTED)) {
      assertThat(failure(() -> post(waiting, server.address(), BODY, SHORT)))
          .isEqualTo(Kind.NOT_EXECUTED);
    } finally {
      never.countDown();
    }
  }

  @Test
  void waitsNoLongerForAConnectionThatOthersUse() {
    server.run(server::read);
    try (PeerConnections one = connections(1, InetAddress::getByName, TRUSTED)) {
      Thread first =
          Thread.ofVirtual().start(() -> failure(() -> post(one, server.address(), BODY, LONG)));
      await().until(() -> server.heads.size() == 1);

      assertThat(failure(() -> post(one, server.address(), BODY, SHORT)))
          .isEqualTo(Kind.NOT_EXECUTED);
      first.interrupt();
    }
  }

  @Test
  void hasNoMoreConnectionsToAllNodesThanItMay() throws IOException {
    server.run(server::read);
    try (Server other = new Server();
        PeerConnections few =
            new PeerConnections(2, 2, TRUSTED, new PeerNames(InetAddress::getByName), watchdog)) {
      other.run(other::read);
      List<Thread> threads = new ArrayList<>();
      for (String address : List.of(server.address(), other.address())) {
        threads.add(Thread.ofVirtual().start(() -> failure(() -> post(few, address, BODY, LONG))));
      }
      await().until(() -> server.heads.size() == 1 && other.heads.size() == 1);

      assertThat(failure(() -> post(few, server.address(), BODY, SHORT)))
          .isEqualTo(Kind.NOT_EXECUTED);
      threads.forEach(Thread::interrupt);
    }
  }

  @Test
  void sendsNothingForAThreadThatIsInterrupted() {
    answersAll();

    Thread.currentThread().interrupt();
    Kind kind = failure(BODY, LONG);

    assertThat(Thread.interrupted()).isTrue();
    assertThat(kind).isEqualTo(Kind.NOT_EXECUTED);
    assertThat(server.heads).isEmpty();
  }

  @Test
  void doesNotKnowWhatBecameOfARequestWhoseConnectionBreaks() {
    server.run(socket -> {
      server.read(socket);
      socket.close();
    });

    assertThat(failure(BODY, LONG)).isEqualTo(Kind.UNKNOWN);
    assertThat(server.accepted).as("sent once").hasSize(1);
  }

  @Test
  void waitsNoLongerForANodeThatHangs() {
    server.run(server::read);

    assertThat(failure(BODY, SHORT)).isEqualTo(Kind.UNKNOWN);
  }

  @Test
  void waitsNoLongerForANodeThatTakesNoBytes() {
    server.run(_ -> {});

    assertThat(failure(new byte[LARGE], SHORT)).isEqualTo(Kind.UNKNOWN);
  }

  @Test
  void sendsNoMoreOfARequestThatIsAnswered() throws InterruptedException {
    AtomicInteger received = new AtomicInteger();
    CountDownLatch closed = new CountDownLatch(1);
    server.run(socket -> {
      server.read(socket);
      Server.write(socket, "HTTP/1.1 454 Busy\r\nContent-Length: 0\r\n\r\n");
      byte[] piece = new byte[10_000];
      try {
        for (int n = 0; n >= 0; n = socket.getInputStream().read(piece)) {
          received.addAndGet(n);
        }
      } finally {
        closed.countDown();
      }
    });

    try (Exchange exchange = post(Arrays.copyOf(BODY, LARGE), LONG)) {
      assertThat(exchange.status()).isEqualTo(454);
    }
    closed.await();
    assertThat(received).hasValueLessThan(LARGE / 2);
  }

  @Test
  void waitsNoLongerForAnAnswerThatTrickles() {
    server.run(socket -> {
      server.read(socket);
      Server.write(socket, "HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n");
      while (true) {
        Server.write(socket, "x");
      }
    });

    assertThat(failure(BODY, SHORT)).isEqualTo(Kind.UNKNOWN);
  }

  @Test
  void breaksOffAnAnswerThatNobodyReads() throws IOException {
    server.run(socket -> {
      server.read(socket);
      Server.write(socket, "HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n");
      while (true) {
        Server.write(socket, "x".repeat(1_000));
      }
    });
    try (InputStream in = post(BODY, LONG).stream()) {
      assertThat(in.read()).isEqualTo('x');
    }

    await().untilAsserted(() -> assertThat(server.heads.getLast()).startsWith("ended: "));
  }

  @Test
  void endsWhatIsUnderWay() throws Exception {
    server.run(server::read);
    List<Kind> kinds = new CopyOnWriteArrayList<>();
    Thread caller = Thread.ofVirtual().start(() -> kinds.add(failure(BODY, LONG)));
    await().until(() -> server.heads.size() == 1);

    connections.close();

    caller.join();
    assertThat(kinds).containsExactly(Kind.UNKNOWN);
    assertThat(failure(BODY, LONG)).isEqualTo(Kind.NOT_EXECUTED);
  }

  @Test
  void endsWithTheThreadOfItsCaller() throws Exception {
    server.run(socket -> {
      server.read(socket);
      server.read(socket);
      server.heads.add("gone");
    });
    Thread caller = Thread.ofVirtual().start(() -> failure(BODY, LONG));
    await().until(() -> server.heads.size() == 1);

    caller.interrupt();

    caller.join();
    await().untilAsserted(() -> assertThat(server.heads).last().isEqualTo("gone"));
  }
}
