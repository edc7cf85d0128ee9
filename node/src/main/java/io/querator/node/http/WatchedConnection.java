package io.querator.node.http;

import io.helidon.common.concurrency.limits.Limit;
import io.helidon.common.task.InterruptableTask;
import io.helidon.webserver.CloseConnectionException;
import io.helidon.webserver.spi.ServerConnection;
import java.time.Duration;

/// The life of a connection: watched from its beginning to its end.
final class WatchedConnection implements ServerConnection, InterruptableTask<Void> {
  private final ServerConnection http;
  private final Connection connection;
  private final ConnectionWatchdog watchdog;
  private volatile boolean closing;

  WatchedConnection(ServerConnection http, Connection connection, ConnectionWatchdog watchdog) {
    this.http = http;
    this.connection = connection;
    this.watchdog = watchdog;
  }

  @Override
  public void handle(Limit limit) throws InterruptedException {
    watchdog.add(connection);
    try {
      http.handle(limit);
      // it has answered what cannot be parsed, or has been asked to close
      if (!closing) {
        connection.linger();
      }
    } catch (CloseConnectionException e) {
      if (connection.unread()) {
        connection.linger();
      }
      throw e;
    } finally {
      watchdog.remove(connection);
    }
  }

  @Override
  public Duration idleTime() {
    return http.idleTime();
  }

  @Override
  public void close(boolean interrupt) {
    closing = true;
    http.close(interrupt);
  }

  @Override
  public boolean canInterrupt() {
    return http instanceof InterruptableTask<?> task && task.canInterrupt();
  }
}
