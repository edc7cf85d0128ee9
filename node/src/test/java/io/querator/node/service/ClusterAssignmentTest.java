package io.querator.node.service;

import static io.querator.node.service.ScriptedLeader.OTHER;
import static io.querator.node.service.ScriptedLeader.PATIENCE;
import static io.querator.node.service.ScriptedLeader.SELF;
import static io.querator.node.service.ScriptedLeader.owns;
import static org.awaitility.Awaitility.await;

import io.querator.cluster.OwnershipCommand.Evict;
import io.querator.cluster.OwnershipCommand.Leave;
import io.querator.node.service.PartitionSlot.Place;
import io.querator.storage.Location;
import io.querator.storage.PartitionKey;
import io.querator.storage.PartitionRecord;
import io.querator.storage.memory.MemoryPartitionStore;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

/// A node that is told by another one which partitions are its own.
class ClusterAssignmentTest {
  private static final int HISTORIES = Integer.getInteger("querator.assignments", 30);
  private static final long SEED = Long.getLong("seed", System.nanoTime());
  private static final int PARTITIONS = 4;

  @AutoClose private final TestService elsewhere = new TestService().started();

  private final MemoryPartitionStore store = new MemoryPartitionStore(InstantSource.system());
  private final UUID others = UUID.randomUUID();

  private ScriptedLeader leader(ServedQueue queue) {
    PartitionKey key = queue.partitions().getFirst().key();
    store.create(key);
    return new ScriptedLeader(List.of(key));
  }

  @Test
  void opensWhatWasAnothersBeforeItCouldBeOpenedAndIsItsOwnAgain() {
    ServedQueue queue = elsewhere.queue(1);
    ScriptedLeader leader = leader(queue);
    try (ToldNode node = new ToldNode(leader, queue, store, new Switch())) {
      PartitionSlot slot = node.slots.getFirst();
      node.appear(slot);
      node.hold();
      node.member.join();
      leader.hear(Map.of(SELF, leader.incarnation));
      leader.tell(node.member, owns(SELF, 1));
      leader.apply(new Evict(SELF, leader.incarnation));
      leader.hear(Map.of(OTHER, others));
      leader.tell(node.member, owns(OTHER, 1));

      node.release();
      await().atMost(PATIENCE).until(() -> new Place.There(OTHER).equals(slot.placeNow()));
      leader.apply(new Leave(OTHER, others));
      leader.hear(Map.of(SELF, leader.incarnation));
      leader.tell(node.member, owns(SELF, 1));

      await().atMost(PATIENCE).until(slot::isServedHere);
    }
  }

  @Test
  void opensWhatHasComeToAStorageThatItKnowsWhileItWasAnothers() {
    ServedQueue queue = elsewhere.queue(1);
    ScriptedLeader leader = leader(queue);
    try (ToldNode node = new ToldNode(leader, queue, store, new Switch())) {
      PartitionSlot slot = node.slots.getFirst();
      PartitionRecord known = slot.record();
      node.place(slot, known.at(new Location("not configured here", slot.key())));
      node.appear(slot);
      node.member.join();
      leader.hear(Map.of(SELF, leader.incarnation));
      leader.tell(node.member, owns(SELF, 1));
      // so that the next look is far enough away
      await().atMost(PATIENCE).until(() -> slot.failures() > 2);
      node.hold();
      leader.apply(new Evict(SELF, leader.incarnation));
      leader.hear(Map.of(OTHER, others));
      leader.tell(node.member, owns(OTHER, 1));
      node.place(slot, known);
      node.release();
      await().atMost(PATIENCE).until(() -> new Place.There(OTHER).equals(slot.placeNow()));
      leader.apply(new Leave(OTHER, others));
      leader.hear(Map.of(SELF, leader.incarnation));
      leader.tell(node.member, owns(SELF, 1));

      await().atMost(PATIENCE).until(slot::isServedHere);
    }
  }

  @Test
  void servesInTheEndWhatIsItsOwnWhateverHappensBefore() {
    for (int i = 0; i < HISTORIES; i++) {
      try (AssignmentHistory history =
          new AssignmentHistory(elsewhere.queue(PARTITIONS), SEED + i)) {
        history.go();
      }
    }
  }
}
