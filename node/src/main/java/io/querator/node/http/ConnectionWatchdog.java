package io.querator.node.http;

import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Closes connections that stay in a phase for too long. Helidon has no limits of that kind for
/// servers.
///
/// Time is counted in ticks, so that a connection notes a phase by one volatile write and asks no
/// clock. A time in which the whole process stands still is one tick: no client is to blame for it.
final class ConnectionWatchdog implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(ConnectionWatchdog.class);
  private static final long TICK_MILLIS = 100;

  /// How long an idle connection may stay when nearly all are taken.
  private static final Duration IDLE_WHEN_CROWDED = Duration.ofSeconds(5);

  /// How long a connection is kept after its last answer.
  static final long LINGER_TICKS = 20;

  /// How long a client may be silent meanwhile.
  private static final long LINGER_SILENT_TICKS = 3;

  private final ScheduledExecutorService timer =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().daemon().name("http-watchdog").factory());
  private final Set<Connection> connections = ConcurrentHashMap.newKeySet();
  private final int crowded;
  private final long idleTicks;
  private final long idleTicksWhenCrowded;
  private final long requestTicks;
  private final long writeTicks;
  private volatile long tick;

  ConnectionWatchdog(HttpSettings settings) {
    crowded = settings.connectionsMax() - settings.connectionsMax() / 10;
    idleTicks = ticks(settings.idleTimeout());
    idleTicksWhenCrowded = Math.min(idleTicks, ticks(IDLE_WHEN_CROWDED));
    requestTicks = ticks(settings.requestTimeout());
    writeTicks = ticks(settings.writeTimeout());
  }

  void start() {
    // not at a fixed rate, which makes up for missed ticks
    var _ =
        timer.scheduleWithFixedDelay(this::look, TICK_MILLIS, TICK_MILLIS, TimeUnit.MILLISECONDS);
  }

  @Override
  public void close() {
    timer.shutdownNow();
  }

  /// Closes every connection.
  void abortAll() {
    connections.forEach(Connection::abort);
  }

  /// Now, in ticks since the start.
  long tick() {
    return tick;
  }

  int connections() {
    return connections.size();
  }

  void add(Connection connection) {
    connections.add(connection);
  }

  void remove(Connection connection) {
    connections.remove(connection);
  }

  private void look() {
    long now = tick + 1;
    tick = now;
    boolean tight = connections.size() >= crowded;
    for (Connection connection : connections) {
      Connection.Stay stay = connection.stay();
      if (now - stay.since() > limit(stay.phase(), tight)) {
        close(connection, stay);
      }
    }
  }

  private static void close(Connection connection, Connection.Stay stay) {
    LOG.atDebug()
        .addKeyValue("connection", connection.childSocketId())
        .addKeyValue("phase", stay.phase())
        .log("closing a slow or idle connection");
    try {
      connection.abort();
    } catch (RuntimeException e) {
      LOG.atError().setCause(e).log("failed to close a connection");
    }
  }

  private long limit(ConnectionPhase phase, boolean tight) {
    return switch (phase) {
      case IDLE -> tight ? idleTicksWhenCrowded : idleTicks;
      case RECEIVING -> requestTicks;
      case HANDLING -> Long.MAX_VALUE;
      case SENDING -> writeTicks;
      case LINGERING -> LINGER_SILENT_TICKS;
    };
  }

  private static long ticks(Duration duration) {
    return Math.max(1, duration.toMillis() / TICK_MILLIS);
  }
}
