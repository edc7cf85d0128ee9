package io.querator.storage;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// A TCP proxy in front of a database that cuts a connection when it sees a certain request.
///
/// One fault at a time: [#arm] says which, and for which text in a request; it happens once. Safe
/// for use by many threads.
public final class CutProxy implements AutoCloseable {
  /// What happens when the text is seen.
  public enum Fault {
    /// The request is lost, and the connection with it.
    LOSE_REQUEST,
    /// The request is lost, and nothing tells the client.
    SWALLOW_REQUEST,
    /// The server gets the request; its answer is lost, and the connection with it.
    LOSE_ANSWER,
    /// The server gets the request; nothing is heard of it any more.
    SWALLOW_ANSWER,
    /// The server gets the request; the connection is lost when the test says so.
    HOLD_ANSWER,
    /// The connection is lost; the server gets the request when the test says so.
    HOLD_REQUEST,
    /// The server gets the request when the test says so; nothing is lost.
    DELAY_REQUEST
  }

  private record Armed(
      Fault fault, byte[] text, CountDownLatch seen, CountDownLatch go, CountDownLatch answered) {}

  private static final Pattern ADDRESS = Pattern.compile("//([^/:]+):(\\d+)");
  private static final int BUFFER_BYTES = 1 << 16;

  private final String host;
  private final int port;
  private final ServerSocket listener;
  private final Set<Link> links = ConcurrentHashMap.newKeySet();
  private volatile @Nullable Armed armed;
  private volatile boolean refusing;

  public CutProxy(String host, int port) throws IOException {
    this.host = host;
    this.port = port;
    this.listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    Thread.ofVirtual().name("proxy").start(this::accept);
  }

  /// In front of the server of a database's URL, which names a host and a port.
  public static CutProxy before(String url) throws IOException {
    Matcher address = ADDRESS.matcher(url);
    if (!address.find()) {
      throw new IllegalArgumentException("no host and port in " + url);
    }
    return new CutProxy(address.group(1), Integer.parseInt(address.group(2)));
  }

  /// The same URL, through this proxy.
  public String through(String url) {
    return url.replaceFirst("//[^/]+/", "//127.0.0.1:" + listener.getLocalPort() + "/");
  }

  /// Prepares a fault for the next request that contains `text`.
  public void arm(Fault fault, String text) {
    armed =
        new Armed(
            fault,
            text.getBytes(StandardCharsets.UTF_8),
            new CountDownLatch(1),
            new CountDownLatch(1),
            new CountDownLatch(1));
  }

  /// Waits until the fault has begun.
  public void awaitSeen() throws InterruptedException {
    await(current().seen(), "the request did not come by");
  }

  /// Waits until the server has answered what was held.
  public void awaitAnswered() throws InterruptedException {
    await(current().answered(), "the server did not answer");
  }

  private static void await(CountDownLatch latch, String otherwise) throws InterruptedException {
    if (!latch.await(20, TimeUnit.SECONDS)) {
      throw new AssertionError(otherwise);
    }
  }

  /// Lets what is held go on.
  public void letGo() {
    current().go().countDown();
  }

  private Armed current() {
    Armed now = armed;
    if (now == null) {
      throw new IllegalStateException("no fault is armed");
    }
    return now;
  }

  /// Cuts all connections, and every new one, until [#restore].
  public void cutAll() {
    refusing = true;
    links.forEach(Link::close);
  }

  public void restore() {
    refusing = false;
  }

  @Override
  public void close() throws IOException {
    listener.close();
    links.forEach(Link::close);
  }

  private void accept() {
    while (!listener.isClosed()) {
      try {
        Socket client = listener.accept();
        if (refusing) {
          client.close();
          continue;
        }
        Link link = new Link(client, new Socket(host, port));
        links.add(link);
        Thread.ofVirtual().start(link::forwardRequests);
        Thread.ofVirtual().start(link::forwardAnswers);
      } catch (IOException e) {
        // Closed, or a connection that failed at once: its client notices.
      }
    }
  }

  private final class Link {
    private final Socket client;
    private final Socket server;
    private volatile boolean silent;
    private volatile boolean loseAnswer;
    private volatile @Nullable Armed held;

    Link(Socket client, Socket server) throws IOException {
      this.client = client;
      this.server = server;
      client.setTcpNoDelay(true);
      server.setTcpNoDelay(true);
    }

    void forwardRequests() {
      try (InputStream in = client.getInputStream();
          OutputStream out = server.getOutputStream()) {
        byte[] buffer = new byte[BUFFER_BYTES];
        for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
          Armed now = armed;
          if (now != null && now.seen().getCount() > 0 && contains(buffer, count, now.text())) {
            fail(now, out, buffer, count);
          } else if (!silent) {
            out.write(buffer, 0, count);
          }
        }
      } catch (IOException | InterruptedException e) {
        // The link is over.
      } finally {
        if (!silent) {
          close();
        }
      }
    }

    private void fail(Armed now, OutputStream out, byte[] buffer, int count)
        throws IOException, InterruptedException {
      switch (now.fault()) {
        case LOSE_REQUEST -> {
          close();
          now.seen().countDown();
        }
        case SWALLOW_REQUEST -> {
          silent = true;
          now.seen().countDown();
        }
        case LOSE_ANSWER -> {
          loseAnswer = true;
          now.seen().countDown();
          out.write(buffer, 0, count);
        }
        case SWALLOW_ANSWER -> {
          silent = true;
          now.seen().countDown();
          out.write(buffer, 0, count);
        }
        case HOLD_ANSWER -> {
          silent = true;
          out.write(buffer, 0, count);
          now.seen().countDown();
          now.go().await();
          close();
        }
        case DELAY_REQUEST -> {
          now.seen().countDown();
          now.go().await();
          out.write(buffer, 0, count);
        }
        case HOLD_REQUEST -> {
          silent = true;
          now.seen().countDown();
          client.close();
          now.go().await();
          held = now;
          out.write(buffer, 0, count);
          CutProxy.await(now.answered(), "the server did not answer");
        }
      }
    }

    void forwardAnswers() {
      try (InputStream in = server.getInputStream();
          OutputStream out = client.getOutputStream()) {
        byte[] buffer = new byte[BUFFER_BYTES];
        for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
          if (loseAnswer) {
            break;
          }
          if (held != null) {
            held.answered().countDown();
          }
          if (!silent) {
            out.write(buffer, 0, count);
          }
        }
      } catch (IOException e) {
        // The link is over.
      } finally {
        if (!silent) {
          close();
        }
      }
    }

    void close() {
      links.remove(this);
      try (client;
          server) {
        // Both ends.
      } catch (IOException e) {
        // Closed already.
      }
    }
  }

  private static boolean contains(byte[] buffer, int count, byte[] text) {
    for (int from = 0; from <= count - text.length; from++) {
      int i = 0;
      while (i < text.length && buffer[from + i] == text[i]) {
        i++;
      }
      if (i == text.length) {
        return true;
      }
    }
    return false;
  }
}
