package io.querator.node;

import io.querator.cluster.NodeId;
import io.querator.cluster.OwnershipView;
import io.querator.cluster.member.ClusterMember;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// How a node that stops leaves the others: it gives them its partitions, and goes on serving for a
/// while, so that load balancers notice.
///
/// @param drainDelay see [io.querator.node.config.ClusterSettings]
record Departure(ClusterMember member, Duration drainDelay) {
  /// How long it waits for other nodes to take its partitions.
  private static final Duration HAND_OVER = Duration.ofSeconds(10);

  private static final long LOOK_MILLIS = 200;

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

  /// Until this node owns nothing, or nobody is there who could take what it owns.
  private void awaitEmpty(NodeId node) {
    CompletableFuture<Void> changed = new CompletableFuture<>();
    member.onChange(view -> {
      if (!ownsWhatOthersCanTake(view, node)) {
        changed.complete(null);
      }
    });
    long end = System.nanoTime() + HAND_OVER.toNanos();
    while (ownsWhatOthersCanTake(member.view(), node)) {
      if (member.isUnheard() || System.nanoTime() > end) {
        log.atWarn().log("not all partitions were handed over");
        return;
      }
      changed.copy().completeOnTimeout(null, LOOK_MILLIS, TimeUnit.MILLISECONDS).join();
    }
  }

  private static boolean ownsWhatOthersCanTake(OwnershipView view, NodeId node) {
    return view.partitions().stream().anyMatch(partition -> node.equals(partition.owner()))
        && view.members().stream().anyMatch(one -> !view.draining().contains(one.id()));
  }
}
