package io.querator.node;

import io.querator.cluster.NodeId;
import io.querator.cluster.OwnershipView;
import io.querator.cluster.member.ClusterMember;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// How a node that stops leaves the others: it gives them its partitions, and goes on serving for a
/// while, so that load balancers notice.
///
/// @param drainDelay see [io.querator.node.config.ClusterSettings]
record Departure(ClusterMember member, Duration drainDelay) {
  /// How long it waits for other nodes to take its partitions.
  private static final Duration HAND_OVER = Duration.ofSeconds(10);

  private static final Logger log = LoggerFactory.getLogger(Departure.class);

  /// Whether there is anybody to leave.
  boolean isDue() {
    return member.view().members().size() > 1;
  }

  /// Blocks until it has left, or could not.
  void run() {
    CompletableFuture<Void> delay =
        new CompletableFuture<Void>()
            .completeOnTimeout(null, drainDelay.toMillis(), TimeUnit.MILLISECONDS);
    if (member.drain(member.node(), true)) {
      awaitEmpty(member.node());
    }
    delay.join();
    if (!member.leave()) {
      log.atWarn().log("the other nodes do not know that this one leaves");
    }
  }

  private void awaitEmpty(NodeId node) {
    CompletableFuture<Boolean> empty = new CompletableFuture<>();
    Consumer<OwnershipView> look =
        view -> {
          if (view.partitions().stream().noneMatch(partition -> node.equals(partition.owner()))) {
            empty.complete(true);
          }
        };
    member.onChange(look);
    look.accept(member.view());
    boolean moved =
        empty.completeOnTimeout(false, HAND_OVER.toMillis(), TimeUnit.MILLISECONDS).join();
    if (!moved) {
      log.atWarn().addKeyValue("after", HAND_OVER).log("not all partitions were handed over");
    }
  }
}
