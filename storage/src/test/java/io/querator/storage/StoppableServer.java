package io.querator.storage;

/// A server of a database that belongs to one test. For one thread at a time.
public interface StoppableServer extends AutoCloseable {
  /// Starts the server on the same data and port; it recovers first if it was killed.
  void start();

  /// Ends all sessions and the server, orderly.
  void stop();

  /// Kills the server and all its sessions like a crash of the machine would, and waits until they
  /// are gone. Nothing starts it again but [#start].
  void kill();

  /// Holds the server up with all its sessions, whose connections stay: nothing is answered any
  /// more.
  void pause();

  /// Lets it go on after [#pause].
  void resume();

  @Override
  void close();
}
