package io.querator.chaos.network;

import java.io.IOException;
import java.net.InetAddress;
import java.util.List;

/// The machine of a node, as far as its network goes.
public interface Host extends AutoCloseable {
  /// This machine, on which nodes share one network that loses nothing.
  Host SHARED = new Shared();

  /// A command that runs another one there.
  List<String> prefix();

  /// Where a node that runs there listens.
  InetAddress address();

  /// Where those listen whom a node that runs there calls.
  InetAddress gateway();

  /// Loses every packet, in both directions; nobody is told.
  ///
  /// @throws UnsupportedOperationException if it shares its network
  void lose() throws IOException, InterruptedException;

  /// Packets arrive again.
  void heal() throws IOException, InterruptedException;

  @Override
  void close();

  /// See [#SHARED].
  final class Shared implements Host {
    private Shared() {}

    @Override
    public List<String> prefix() {
      return List.of();
    }

    @Override
    public InetAddress address() {
      return InetAddress.getLoopbackAddress();
    }

    @Override
    public InetAddress gateway() {
      return InetAddress.getLoopbackAddress();
    }

    @Override
    public void lose() {
      throw new UnsupportedOperationException("the nodes share one network");
    }

    @Override
    public void heal() {}

    @Override
    public void close() {}
  }
}
