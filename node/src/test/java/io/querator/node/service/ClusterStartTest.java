package io.querator.node.service;

import static io.querator.node.service.ScriptedLeader.OTHER;
import static io.querator.node.service.ScriptedLeader.PATIENCE;
import static io.querator.node.service.ScriptedLeader.SELF;
import static io.querator.node.service.ScriptedLeader.owns;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.querator.cluster.member.ClusterMember;
import io.querator.node.service.PartitionSlot.Health;
import io.querator.queue.TurnObserver;
import io.querator.storage.memory.MemoryCatalogue;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

/// What a node of a cluster waits for until it serves.
class ClusterStartTest {
  private static final int PARTITIONS = 2;

  private final List<Storage> storages = List.of(TestService.memory("default", 1));
  private final MemoryCatalogue catalogue = new MemoryCatalogue();
  private final ServedQueue made = queue();
  private final ScriptedLeader leader =
      new ScriptedLeader(made.partitions().stream().map(PartitionSlot::key).toList());

  @AutoClose
  private final NodeService node =
      new NodeService(
          ServiceSettings.DEFAULT,
          storages,
          catalogue,
          new SteadyClock(InstantSource.system()),
          TurnObserver.NONE,
          new Seat(SELF, leader.incarnation, Peers.NONE, leader::member));

  @AutoClose private final ClusterMember member = node.member().orElseThrow();

  private ServedQueue queue() {
    try (TestService before = new TestService(storages, catalogue).started()) {
      return before.queue(PARTITIONS);
    }
  }

  @Test
  void waitsForItsOwnPartitionsAndForNoneThatAnotherNodeHasNotOpened() {
    CompletableFuture<?> started = node.start();
    node.read().join();
    assertThat(started).isNotDone();

    leader.hear(Map.of(SELF, leader.incarnation, OTHER, UUID.randomUUID()));
    member.join();
    leader.tell(member, owns(SELF, 1).and(owns(OTHER, 1)));

    await().atMost(PATIENCE).until(started::isDone);
    ServedQueue queue = requireNonNull(node.queues().find(made.name()));
    assertThat(queue.partitions())
        .extracting(PartitionSlot::isServedHere)
        .containsExactlyInAnyOrder(true, false);
    assertThat(queue.partitions())
        .filteredOn(slot -> OTHER.equals(slot.owner()))
        .extracting(PartitionSlot::health)
        .containsExactly(Health.OPENING);
  }
}
