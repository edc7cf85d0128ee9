package io.querator.node.http;

/// Tells a handler that waits when the client has closed the connection, its own half of it
/// included.
public interface Disconnect {
  /// For requests that have no connection.
  Disconnect NEVER =
      new Disconnect() {
        @Override
        public void onDisconnect(Runnable action) {}

        @Override
        public boolean isDisconnected() {
          return false;
        }
      };

  /// Runs the action once if the client goes while the handler runs; at once, on this thread, if it
  /// has gone.
  ///
  /// Only from the first such registration on is the connection watched, at the cost of a second
  /// virtual thread. A client that sends more than 64 KiB of further requests while it waits is
  /// watched no longer.
  void onDisconnect(Runnable action);

  /// Whether the connection has been seen closed; false as long as nobody has called
  /// [#onDisconnect].
  boolean isDisconnected();
}
