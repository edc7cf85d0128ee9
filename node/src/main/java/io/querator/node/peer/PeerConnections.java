package io.querator.node.peer;

import static java.util.Objects.requireNonNull;

import io.querator.cluster.NodeId;
import io.querator.cluster.link.PeerException;
import io.querator.cluster.link.PeerException.Kind;
import io.querator.node.config.HostPort;
import java.io.ByteArrayInputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.ConnectException;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.apache.hc.client5.http.classic.methods.HttpPost;
import org.apache.hc.client5.http.config.ConnectionConfig;
import org.apache.hc.client5.http.config.RequestConfig;
import org.apache.hc.client5.http.impl.classic.HttpClients;
import org.apache.hc.client5.http.impl.classic.MinimalHttpClient;
import org.apache.hc.client5.http.impl.io.ManagedHttpClientConnectionFactory;
import org.apache.hc.client5.http.impl.io.PoolingHttpClientConnectionManager;
import org.apache.hc.client5.http.impl.io.PoolingHttpClientConnectionManagerBuilder;
import org.apache.hc.client5.http.ssl.TlsSocketStrategy;
import org.apache.hc.core5.http.ClassicHttpResponse;
import org.apache.hc.core5.http.ConnectionRequestTimeoutException;
import org.apache.hc.core5.http.HttpEntity;
import org.apache.hc.core5.http.HttpHost;
import org.apache.hc.core5.http.impl.io.MonitoringResponseOutOfOrderStrategy;
import org.apache.hc.core5.http.io.entity.AbstractHttpEntity;
import org.apache.hc.core5.http.io.entity.EntityUtils;
import org.apache.hc.core5.io.CloseMode;
import org.apache.hc.core5.util.TimeValue;
import org.apache.hc.core5.util.Timeout;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Sends requests to other nodes over connections that are kept for the next one. A request is sent
/// once, by the thread of its caller. Safe for use by many threads.
final class PeerConnections implements AutoCloseable {
  /// A connection that was unused for so long is looked at before it is used, for the other node
  /// may have closed it. That takes a millisecond.
  static final Duration TRUSTED = Duration.ofMillis(500);

  /// After so many bytes of a request it is looked whether it has been answered before it is whole,
  /// as one that is too large: then no more is sent.
  private static final int PIECE = 64 << 10;

  private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(1);
  private static final Duration IDLE_MAX = Duration.ofSeconds(30);
  private static final Duration IDLE_LOOK = Duration.ofSeconds(5);

  /// A request is ended when it exceeds its time by so much, and found within as much again.
  private static final Duration LATE = Duration.ofMillis(100);

  /// Else the authorities that the JVM trusts were read.
  private static final TlsSocketStrategy NO_TLS =
      (_, host, _, _, _) -> {
        throw new IOException("no TLS with " + host);
      };

  private static final Logger log = LoggerFactory.getLogger(PeerConnections.class);

  private final int connectionsMax;
  private final int allMax;
  private final Duration trusted;
  private final PeerNames names;
  private final Set<Exchange> underWay = ConcurrentHashMap.newKeySet();
  private volatile Pool pool;
  private volatile boolean closed;

  private record Pool(PoolingHttpClientConnectionManager connections, MinimalHttpClient http) {}

  /// @param connectionsMax to one node, each for one request at a time. More wait for one, within
  ///   their time
  /// @param allMax connections to all nodes together
  /// @param trusted as [#TRUSTED]
  /// @param watchdog looks after requests and connections; ends with its owner
  PeerConnections(
      int connectionsMax,
      int allMax,
      Duration trusted,
      PeerNames names,
      ScheduledExecutorService watchdog) {
    this.connectionsMax = connectionsMax;
    this.allMax = allMax;
    this.trusted = trusted;
    this.names = names;
    pool = pool();
    every(watchdog, LATE, this::endLate);
    every(watchdog, IDLE_LOOK, () -> pool.connections.closeIdle(TimeValue.of(IDLE_MAX)));
  }

  private Pool pool() {
    PoolingHttpClientConnectionManager connections =
        PoolingHttpClientConnectionManagerBuilder.create()
            .setMaxConnPerRoute(connectionsMax)
            .setMaxConnTotal(allMax)
            .setTlsSocketStrategy(NO_TLS)
            .setConnectionFactory(
                ManagedHttpClientConnectionFactory.builder()
                    .responseOutOfOrderStrategy(new MonitoringResponseOutOfOrderStrategy(PIECE))
                    .build())
            .setDefaultConnectionConfig(
                ConnectionConfig.custom()
                    .setConnectTimeout(Timeout.of(CONNECT_TIMEOUT))
                    .setValidateAfterInactivity(TimeValue.of(trusted))
                    .build())
            .build();
    return new Pool(connections, HttpClients.createMinimal(connections));
  }

  private static void every(ScheduledExecutorService watchdog, Duration period, Runnable task) {
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
      for (int from = 0; from < length; from += PIECE) {
        out.write(bytes, from, Math.min(PIECE, length - from));
      }
    }

    @Override
    public boolean isStreaming() {
      return false;
    }

    @Override
    public void close() {}
  }

  /// A request and its answer, for one thread.
  final class Exchange implements AutoCloseable {
    private final NodeId to;
    private final HttpPost request;
    private final Content content;
    private final long end;

    /// Null until it has begun.
    private @Nullable ClassicHttpResponse answer;

    private Exchange(NodeId to, HttpPost request, Content content, long end) {
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
      } catch (IOException | IllegalStateException e) {
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
      } catch (IOException | IllegalStateException e) {
        close();
        throw failed(e);
      }
    }

    /// HttpClient throws an IllegalStateException where a request is cancelled between two steps.
    private PeerException failed(Exception cause) {
      if (!content.begun) {
        return switch (cause) {
          case ConnectException e -> new PeerException(Kind.REFUSED, to + " is not there", e);
          case ConnectionRequestTimeoutException e ->
              new PeerException(
                  Kind.NOT_EXECUTED, "too many requests to " + to + " are under way", e);
          default -> new PeerException(Kind.NOT_EXECUTED, to + " cannot be reached", cause);
        };
      }
      boolean late = cause instanceof SocketTimeoutException || System.nanoTime() - end > 0;
      String what = late ? " does not answer in time" : " broke the connection";
      return new PeerException(Kind.UNKNOWN, to + what, cause);
    }

    private void end() {
      underWay.remove(this);
      request.cancel();
    }

    /// Breaks the connection of an answer that was not read to its end.
    @Override
    public void close() {
      // nothing once the answer has been read; to close one reads it first
      end();
      if (answer != null) {
        try {
          answer.close();
        } catch (IOException | IllegalStateException e) {
          log.atDebug().setCause(e).log("closing an answer of another node");
        }
      }
    }
  }

  /// Sends a request, and waits for the head of its answer.
  ///
  /// @param address `host:port`
  /// @param headers besides `Host`, `Connection`, `User-Agent` and the length of the body
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
    Exchange exchange = new Exchange(to, request, content, System.nanoTime() + timeout.toNanos());
    underWay.add(exchange);
    Pool used = pool;
    boolean answered = false;
    try {
      if (closed) {
        throw new PeerException(Kind.NOT_EXECUTED, "this node stops", null);
      }
      HttpHost host = host(address, timeout);
      request.setConfig(limited(exchange.end - System.nanoTime()));
      exchange.answer = used.http.executeOpen(host, request, null);
      answered = true;
      return exchange;
    } catch (IOException | IllegalStateException | IllegalArgumentException e) {
      throw exchange.failed(e);
    } catch (Error e) {
      replace(used);
      throw e;
    } finally {
      if (!answered) {
        exchange.close();
      }
    }
  }

  private HttpHost host(String address, Duration timeout) throws IOException {
    HostPort host = HostPort.parse(address);
    return new HttpHost("http", names.address(host.host(), timeout), host.host(), host.port());
  }

  private static RequestConfig limited(long nanos) {
    Timeout limit = Timeout.ofMilliseconds(Math.max(1, TimeUnit.NANOSECONDS.toMillis(nanos)));
    return RequestConfig.custom()
        .setConnectionRequestTimeout(limit)
        .setResponseTimeout(limit)
        .build();
  }

  /// HttpClient closes its connections for good when an Error passes through it.
  private synchronized void replace(Pool broken) {
    if (pool == broken && !closed) {
      pool = pool();
    }
  }

  /// The time-outs of sockets bound neither how long a request is written nor how long its answer
  /// takes in all.
  private void endLate() {
    long late = System.nanoTime() - LATE.toNanos();
    for (Exchange exchange : underWay) {
      if (late - exchange.end > 0) {
        exchange.end();
      }
    }
  }

  /// Ends whatever is under way.
  @Override
  public synchronized void close() {
    closed = true;
    pool.http.close(CloseMode.IMMEDIATE);
    underWay.forEach(Exchange::end);
  }
}
