package io.querator.node.contract;

import static org.assertj.core.api.Assertions.assertThat;

import io.querator.node.NodeProcess;
import io.querator.storage.TestDirectories;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/// A node that is killed under load again and again, while its database stays up: every item that
/// was acknowledged is there once, and none that was completed comes back.
class KillIT {
  private static final int KILLS = 20;
  private static final int PARTITIONS = 3;
  private static final int ACKNOWLEDGED_BETWEEN_KILLS = 25;

  /// Long enough for a restart of the node.
  private static final Duration TIMEOUT = Duration.ofMinutes(1);

  @SuppressWarnings("NullAway.Init")
  private volatile NodeProcess node;

  @Test
  void losesNothingAndRevivesNothing() throws IOException, InterruptedException {
    Path directory = TestDirectories.create("kill");
    node = NodeProcess.start(directory).awaitReady();
    try (ApiClient api = new ApiClient(() -> node.uri())) {
      TestQueue queue =
          TestQueue.create(
              api,
              TestServer.freshName(),
              info -> info.setRequestedPartitions(PARTITIONS).setLeaseTimeout("3s"));
      Traffic traffic = new Traffic(api, queue, PARTITIONS, TIMEOUT).start(3);
      try {
        for (int kill = 0; kill < KILLS; kill++) {
          traffic.awaitMore(ACKNOWLEDGED_BETWEEN_KILLS);
          node.signal("KILL").awaitEnd();
          node.close();
          node = NodeProcess.start(directory).awaitReady();
        }
      } finally {
        traffic.stop();
      }

      assertThat(traffic.acknowledged()).isGreaterThan(KILLS * ACKNOWLEDGED_BETWEEN_KILLS);
      traffic.assertNothingLost();
    } finally {
      node.signal("TERM").awaitEnd();
      node.close();
    }
  }
}
