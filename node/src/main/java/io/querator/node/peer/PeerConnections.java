package io.querator.node.peer;

import static java.util.Objects.requireNonNull;

import io.querator.cluster.NodeId;
import io.querator.cluster.link.PeerException;
import io.querator.cluster.link.PeerException.Kind;
import java.io.ByteArrayInputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.hc.client5.http.DnsResolver;
import org.apache.hc.client5.http.classic.methods.HttpPost;
import org.apache.hc.client5.http.config.ConnectionConfig;
import org.apache.hc.client5.http.config.RequestConfig;
import org.apache.hc.client5.http.impl.classic.HttpClients;
import org.apache.hc.client5.http.impl.classic.MinimalHttpClient;
import org.apache.hc.client5.http.impl.io.PoolingHttpClientConnectionManager;
import org.apache.hc.client5.http.impl.io.PoolingHttpClientConnectionManagerBuilder;
import org.apache.hc.client5.http.ssl.TlsSocketStrategy;
import org.apache.hc.core5.http.ClassicHttpResponse;
import org.apache.hc.core5.http.HttpEntity;
import org.apache.hc.core5.http.HttpHost;
import org.apache.hc.core5.http.io.entity.AbstractHttpEntity;
import org.apache.hc.core5.http.io.entity.EntityUtils;
import org.apache.hc.core5.io.CloseMode;
import org.apache.hc.core5.io.Closer;
import org.apache.hc.core5.util.TimeValue;
import org.apache.hc.core5.util.Timeout;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Sends requests to other nodes over connections that are kept for the next one. A request is sent
/// once, by the thread of its caller. Safe for use by many threads.
final class PeerConnections implements AutoCloseable {
  private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(1);
  private static final Duration LOOKUP_TIMEOUT = Duration.ofSeconds(1);

  /// To one node, each for one request at a time. More wait for one, within their time.
  private static final int CONNECTIONS_MAX = 4_000;

  /// A connection that was unused for so long is looked at before it is used, for the other node
  /// may have closed it. That takes a millisecond.
  private static final Duration TRUSTED = Duration.ofMillis(500);

  /// Shorter than nodes keep an idle connection.
  private static final Duration IDLE_MAX = Duration.ofSeconds(30);

  private static final Duration IDLE_LOOK = Duration.ofSeconds(5);

  /// By how much a request may exceed its time.
  private static final Duration LATE_LOOK = Duration.ofMillis(100);

  /// Else the authorities that the JVM trusts were read.
  private static final TlsSocketStrategy NO_TLS =
      (_, host, _, _, _) -> {
        throw new IOException("no TLS with " + host);
      };

  private static final Logger log = LoggerFactory.getLogger(PeerConnections.class);

  private final PoolingHttpClientConnectionManager connections =
      PoolingHttpClientConnectionManagerBuilder.create()
          .setMaxConnPerRoute(CONNECTIONS_MAX)
          .setMaxConnTotal(Integer.MAX_VALUE)
          .setDnsResolver(new Lookup())
          .setTlsSocketStrategy(NO_TLS)
          .setDefaultConnectionConfig(
              ConnectionConfig.custom()
                  .setConnectTimeout(Timeout.of(CONNECT_TIMEOUT))
                  .setValidateAfterInactivity(TimeValue.of(TRUSTED))
                  .build())
          .build();

  private final MinimalHttpClient http = HttpClients.createMinimal(connections);
  private final Set<Exchange> underWay = ConcurrentHashMap.newKeySet();
  private final ScheduledExecutorService watchdog =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().daemon().name("peer-watchdog").factory());

  private volatile boolean closed;

  PeerConnections() {
    every(LATE_LOOK, this::endLate);
    every(IDLE_LOOK, () -> connections.closeIdle(TimeValue.of(IDLE_MAX)));
  }

  private void every(Duration period, Runnable task) {
    Runnable logged =
        () -> {
          try {
            task.run();
          } catch (RuntimeException e) {
            log.atError().setCause(e).log("failed to look after connections to other nodes");
          }
        };
    var _ =
        watchdog.scheduleWithFixedDelay(
            logged, period.toMillis(), period.toMillis(), TimeUnit.MILLISECONDS);
  }

  /// The body of a request: the first `length` bytes of `bytes`.
  private static final class Content extends AbstractHttpEntity {
    private final byte[] bytes;
    private final int length;

    /// Whether any of it may have been sent: a request without its body is not executed.
    private volatile boolean begun;

    Content(byte[] bytes, int length) {
      super((String) null, null);
      this.bytes = bytes;
      this.length = length;
    }

    @Override
    public long getContentLength() {
      return length;
    }

    @Override
    public InputStream getContent() {
      return new ByteArrayInputStream(bytes, 0, length);
    }

    @Override
    public void writeTo(OutputStream out) throws IOException {
      begun = true;
      out.write(bytes, 0, length);
    }

    @Override
    public boolean isStreaming() {
      return false;
    }

    @Override
    public void close() {}
  }

  /// A request and its answer.
  static final class Exchange implements AutoCloseable {
    private final PeerConnections connections;
    private final NodeId to;
    private final HttpPost request;
    private final Content content;
    private final long end;

    /// Null until it has begun.
    private @Nullable ClassicHttpResponse answer;

    private Exchange(
        PeerConnections connections, NodeId to, HttpPost request, Content content, long end) {
      this.connections = connections;
      this.to = to;
      this.request = request;
      this.content = content;
      this.end = end;
    }

    private ClassicHttpResponse answer() {
      return requireNonNull(answer, "answer");
    }

    int status() {
      return answer().getCode();
    }

    /// The whole body of the answer.
    ///
    /// @throws PeerException if not all of it came
    byte[] whole() {
      HttpEntity body = answer().getEntity();
      try {
        return body == null ? new byte[0] : EntityUtils.toByteArray(body);
      } catch (IOException e) {
        throw failed(e);
      }
    }

    /// The body of the answer as it comes. To close it closes the exchange.
    ///
    /// @throws PeerException if it cannot be read
    InputStream stream() {
      HttpEntity body = answer().getEntity();
      try {
        InputStream in = body == null ? InputStream.nullInputStream() : body.getContent();
        return new FilterInputStream(in) {
          @Override
          public void close() {
            Exchange.this.close();
          }
        };
      } catch (IOException e) {
        close();
        throw failed(e);
      }
    }

    private PeerException failed(IOException cause) {
      return switch (cause) {
        case ConnectException e -> new PeerException(Kind.REFUSED, to + " is not there", e);
        case IOException e when !content.begun ->
            new PeerException(Kind.NOT_EXECUTED, to + " cannot be reached", e);
        case SocketTimeoutException e ->
            new PeerException(Kind.UNKNOWN, to + " does not answer in time", e);
        case IOException e -> new PeerException(Kind.UNKNOWN, to + " broke the connection", e);
      };
    }

    /// Breaks the connection of an answer that was not read to its end.
    @Override
    public void close() {
      connections.underWay.remove(this);
      // nothing once the answer has been read; to close one reads it first
      request.cancel();
      if (answer != null) {
        Closer.closeQuietly(answer);
      }
    }
  }

  /// Sends a request, and waits for the head of its answer.
  ///
  /// @param address `host:port`
  /// @param headers all that it shall have, but for its host and the length of its body
  /// @param length how much of `bytes` is the body
  /// @param timeout for all of it, until the answer is closed
  /// @return to be closed
  /// @throws PeerException if no answer came
  Exchange post(
      NodeId to,
      String address,
      String path,
      Map<String, String> headers,
      byte[] bytes,
      int length,
      Duration timeout) {
    HttpPost request = new HttpPost(path);
    headers.forEach(request::setHeader);
    Content content = new Content(bytes, length);
    request.setEntity(content);
    Timeout limit = Timeout.ofMilliseconds(Math.max(1, timeout.toMillis()));
    request.setConfig(
        RequestConfig.custom()
            .setConnectionRequestTimeout(limit)
            .setResponseTimeout(limit)
            .build());
    Exchange exchange =
        new Exchange(this, to, request, content, System.nanoTime() + timeout.toNanos());
    underWay.add(exchange);
    boolean answered = false;
    try {
      exchange.answer =
          http.executeOpen(HttpHost.create(URI.create("http://" + address)), request, null);
      answered = true;
      return exchange;
    } catch (IOException e) {
      throw exchange.failed(e);
    } catch (IllegalStateException e) {
      if (closed) {
        throw new PeerException(Kind.NOT_EXECUTED, "this node stops", e);
      }
      throw e;
    } finally {
      if (!answered) {
        exchange.close();
      }
    }
  }

  /// The time-outs of sockets bound neither how long a request is written nor how long its answer
  /// takes in all.
  private void endLate() {
    long now = System.nanoTime();
    for (Exchange exchange : underWay) {
      if (now - exchange.end > 0) {
        exchange.request.cancel();
      }
    }
  }

  /// Looks names up on threads of their own, one for each name: a caller has a time-out, a look-up
  /// has none.
  private static final class Lookup implements DnsResolver {
    private final Map<String, CompletableFuture<InetAddress[]>> underWay =
        new ConcurrentHashMap<>();

    @Override
    public InetAddress[] resolve(String host) throws UnknownHostException {
      CompletableFuture<InetAddress[]> answer = underWay.computeIfAbsent(host, this::start);
      try {
        return answer.get(LOOKUP_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS);
      } catch (ExecutionException | TimeoutException e) {
        UnknownHostException unknown = new UnknownHostException(host);
        unknown.initCause(e);
        throw unknown;
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new UnknownHostException("interrupted");
      }
    }

    private CompletableFuture<InetAddress[]> start(String host) {
      CompletableFuture<InetAddress[]> answer = new CompletableFuture<>();
      Thread.ofVirtual()
          .name("peer-lookup")
          .start(() -> {
            try {
              answer.complete(InetAddress.getAllByName(host));
            } catch (UnknownHostException e) {
              answer.completeExceptionally(e);
            } finally {
              underWay.remove(host, answer);
            }
          });
      return answer;
    }

    @Override
    public String resolveCanonicalHostname(String host) {
      return host;
    }
  }

  @Override
  public void close() {
    closed = true;
    watchdog.shutdownNow();
    http.close(CloseMode.IMMEDIATE);
  }
}
