package io.querator.node.http;

import io.helidon.common.buffers.DataReader;
import io.helidon.common.buffers.DataWriter;
import io.helidon.common.socket.HelidonSocket;
import io.helidon.common.socket.PeerInfo;
import io.helidon.webserver.CloseConnectionException;
import io.helidon.webserver.ConnectionContext;
import io.helidon.webserver.ListenerContext;
import io.helidon.webserver.ProxyProtocolData;
import io.helidon.webserver.Router;
import io.helidon.webserver.ServerConnectionException;
import java.io.UncheckedIOException;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// One connection as Helidon's HTTP sees it, with a reader and a writer that are bounded and
/// watched.
///
/// Owned by the thread of the connection, but for its phase, which the watchdog reads, and
/// [#abort].
final class Connection implements ConnectionContext {
  private static final Logger LOG = LoggerFactory.getLogger(Connection.class);

  private final ConnectionContext context;
  private final Router router;
  private final ConnectionWatchdog watchdog;
  private final ReadAhead readAhead;
  private final RequestReader reader;
  private final SlicedWriter writer;
  private boolean unread;

  private volatile Stay stay;

  Connection(ConnectionContext context, Router router, ConnectionWatchdog watchdog) {
    this.context = context;
    this.router = router;
    this.watchdog = watchdog;
    readAhead = new ReadAhead(this::readSocket);
    reader = new RequestReader(this::next);
    writer = new SlicedWriter(context.dataWriter(), this);
    stay = new Stay(ConnectionPhase.IDLE, watchdog.tick());
  }

  RequestReader requestReader() {
    return reader;
  }

  ReadAhead.Watch watch() {
    return readAhead.watch();
  }

  void enter(ConnectionPhase phase) {
    stay = new Stay(phase, watchdog.tick());
  }

  ConnectionPhase phase() {
    return stay.phase();
  }

  /// What it is doing, and since when.
  Stay stay() {
    return stay;
  }

  /// The answer has been sent and the request read to its end: the next may come.
  void expectRequest() {
    reader.expectRequest();
    enter(ConnectionPhase.IDLE);
  }

  /// A request has been answered that was not read to its end; so the connection must be closed,
  /// after a while.
  CloseConnectionException closeUnread() {
    unread = true;
    reader.allowBody(0, null);
    return new CloseConnectionException("request answered before it was read to its end");
  }

  boolean unread() {
    return unread;
  }

  /// Throws away what the client sends, until it has closed the connection, has been silent for a
  /// moment, or has been given time enough.
  ///
  /// Closing at once would reset the connection, and the client might never see the answer.
  void linger() {
    long end = watchdog.tick() + ConnectionWatchdog.LINGER_TICKS;
    do {
      enter(ConnectionPhase.LINGERING);
    } while (next() != null && watchdog.tick() < end);
  }

  /// Closes the socket, whatever the connection is doing. From any thread.
  void abort() {
    try {
      context.serverSocket().close();
    } catch (UncheckedIOException e) {
      LOG.atDebug().setCause(e).log("failed to close a connection");
    }
  }

  private byte @Nullable [] next() {
    if (phase() == ConnectionPhase.IDLE && reader.available() > 0) {
      enter(ConnectionPhase.RECEIVING);
    }
    try {
      byte[] bytes = readAhead.next();
      if (phase() == ConnectionPhase.IDLE) {
        enter(ConnectionPhase.RECEIVING);
      }
      if (bytes != null) {
        reader.received(bytes.length);
      }
      return bytes;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      abort();
      return null;
    }
  }

  private byte @Nullable [] readSocket() {
    try {
      return context.serverSocket().get();
    } catch (UncheckedIOException e) {
      throw new ServerConnectionException("failed to read from the client", e);
    }
  }

  @Override
  public DataReader dataReader() {
    return reader;
  }

  @Override
  public DataWriter dataWriter() {
    return writer;
  }

  @Override
  public Router router() {
    return router;
  }

  @Override
  public ListenerContext listenerContext() {
    return context.listenerContext();
  }

  @Override
  public ExecutorService executor() {
    return context.executor();
  }

  @Override
  public Optional<ProxyProtocolData> proxyProtocolData() {
    return context.proxyProtocolData();
  }

  @Override
  public HelidonSocket serverSocket() {
    return context.serverSocket();
  }

  @Override
  public PeerInfo remotePeer() {
    return context.remotePeer();
  }

  @Override
  public PeerInfo localPeer() {
    return context.localPeer();
  }

  @Override
  public boolean isSecure() {
    return context.isSecure();
  }

  @Override
  public String socketId() {
    return context.socketId();
  }

  @Override
  public String childSocketId() {
    return context.childSocketId();
  }

  /// @param since the tick of the watchdog at which it began
  record Stay(ConnectionPhase phase, long since) {}
}
