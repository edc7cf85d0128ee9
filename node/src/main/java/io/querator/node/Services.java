package io.querator.node;

import io.querator.node.config.NodeSettings;
import io.querator.node.config.QueueLimitSettings;
import io.querator.node.service.NodeService;
import io.querator.node.service.Seat;
import io.querator.node.service.ServiceSettings;
import io.querator.node.service.Storage;
import io.querator.queue.TurnObserver;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.InstantSource;
import java.util.List;

/// Makes the service of what the node is set to.
final class Services {
  private static final String OWNER_UNKNOWN = "node";

  private Services() {}

  /// A service on these storages, which is yet to be started.
  static NodeService create(
      NodeSettings settings,
      Databases databases,
      InstantSource clock,
      TurnObserver turns,
      Seat seat) {
    List<Storage> storages =
        databases.all().stream()
            .map(database ->
                new Storage(
                    database.settings().name(),
                    () -> database.opened().store(),
                    database.settings().affinity(),
                    database::definesQueues))
            .toList();
    return new NodeService(settings(settings), storages, databases.catalogue(), clock, turns, seat);
  }

  private static ServiceSettings settings(NodeSettings settings) {
    QueueLimitSettings queue = settings.queue();
    return new ServiceSettings(
        owner(settings),
        queue.queuesMax(),
        queue.partitionsMax(),
        queue.partitionsPerQueueMax(),
        queue.waitersPerQueueMax(),
        queue.leasesMax(),
        queue.windowBytes(Runtime.getRuntime().maxMemory()),
        queue.loadsMax(),
        queue.deleteNeedsForce(),
        queue.partition().toLimits());
  }

  /// The name of this node.
  static String owner(NodeSettings settings) {
    String name = settings.name();
    return name != null ? name : hostName().replaceAll("[^A-Za-z0-9._-]", "-");
  }

  /// The name of this machine.
  static String hostName() {
    try {
      return InetAddress.getLocalHost().getHostName();
    } catch (UnknownHostException e) {
      return OWNER_UNKNOWN;
    }
  }
}
