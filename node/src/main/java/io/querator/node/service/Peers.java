package io.querator.node.service;

import io.querator.cluster.NodeId;
import io.querator.queue.DeadItem;
import io.querator.queue.LeaseAnswer;
import io.querator.queue.Outcome;
import io.querator.queue.Outcome.NotExecuted;
import io.querator.queue.Outcome.Reason;
import io.querator.queue.Waiter;
import io.querator.storage.KeyEntry;
import io.querator.storage.KeyHash;
import io.querator.storage.PartitionKey;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;

/// The other nodes, as far as queues go. Safe for use by many threads; what returns no future
/// blocks.
///
/// A partition that is not where it was thought to be gives [Reason#MOVED].
public interface Peers {
  /// A partition on another node.
  ///
  /// @param queue the name of its queue
  record Target(NodeId owner, String queue, PartitionKey partition) {}

  /// The nodes that there are besides this one.
  List<NodeId> others();

  /// A node's stay in the cluster.
  ///
  /// @param process differs when the node has started again
  /// @param since differs when it was thought dead meanwhile
  record Stay(UUID process, long since) {}

  /// This node's stay, and another one's; fewer if one is no member, as far as is known.
  List<Stay> stays(NodeId other);

  /// Tells the others that a queue has changed.
  ///
  /// @return completes when they follow, or cannot be reached
  CompletableFuture<?> announce(String queue);

  /// Somebody leases from a queue here: for a while this node is to know what is ready on others.
  void leases(String queue);

  /// Leases what is ready, without waiting for more.
  LeaseAnswer lease(Target target, Waiter waiter, long deadline);

  /// Tells another node that a call waits here.
  ///
  /// @param registrar owns the queue's lowest partition
  /// @return no if its client waits on another node, since before
  Answer register(NodeId registrar, WaitingCall call);

  /// What another node says.
  enum Answer {
    YES,
    NO,
    /// It cannot be asked now.
    UNKNOWN
  }

  /// A call that waited does so no more.
  void unregister(NodeId registrar, WaitingCall call);

  /// Whether `call` may wait although its client has waited on `holder`: see
  /// [Registrations#yields]. A node that is gone yields.
  Answer yields(NodeId holder, WaitingCall call);

  /// Lease calls wait here on a queue: the other nodes are to hint at what gets ready.
  void interest(String queue);

  /// Tells a node that waits on a queue that there is something ready here, and waits until it has
  /// taken what it wants.
  ///
  /// @param ready how many items, at least
  Hinted hint(NodeId waiting, String queue, PartitionKey partition, int ready);

  /// What a hint came to.
  enum Hinted {
    /// Something was leased.
    TOOK,
    /// Somebody waits, but nothing was ready any more.
    NOTHING,
    /// Nobody waits there any more.
    NOBODY
  }

  /// Gives items back that were leased for a client which has gone.
  void giveBack(Target target, LeaseAnswer.Leased leased);

  Outcome<Boolean> takeDead(Target target, List<DeadItem> items, long deadline);

  Outcome<Boolean> forgetDead(Target target, List<KeyHash> keys, long deadline);

  Outcome<Optional<KeyEntry>> findKey(Target target, KeyHash key, long deadline);

  /// Whether a partition certainly has no items.
  boolean isEmpty(Target target, long deadline);

  /// There are none.
  Peers NONE =
      new Peers() {
        @Override
        public List<NodeId> others() {
          return List.of();
        }

        @Override
        public List<Stay> stays(NodeId other) {
          return List.of();
        }

        @Override
        public CompletableFuture<?> announce(String queue) {
          return CompletableFuture.completedFuture(true);
        }

        @Override
        public void leases(String queue) {
          // nothing is ready elsewhere
        }

        @Override
        public LeaseAnswer lease(Target target, Waiter waiter, long deadline) {
          return new LeaseAnswer.Ended(Reason.MOVED);
        }

        @Override
        public Answer register(NodeId registrar, WaitingCall call) {
          return Answer.UNKNOWN;
        }

        @Override
        public void unregister(NodeId registrar, WaitingCall call) {
          // nobody was told
        }

        @Override
        public Answer yields(NodeId holder, WaitingCall call) {
          return Answer.YES;
        }

        @Override
        public void interest(String queue) {
          // nobody is told
        }

        @Override
        public Hinted hint(NodeId waiting, String queue, PartitionKey partition, int ready) {
          return Hinted.NOBODY;
        }

        @Override
        public void giveBack(Target target, LeaseAnswer.Leased leased) {
          throw new IllegalStateException("nothing is leased elsewhere");
        }

        @Override
        public Outcome<Boolean> takeDead(Target target, List<DeadItem> items, long deadline) {
          return new NotExecuted<>(Reason.MOVED);
        }

        @Override
        public Outcome<Boolean> forgetDead(Target target, List<KeyHash> keys, long deadline) {
          return new NotExecuted<>(Reason.MOVED);
        }

        @Override
        public Outcome<Optional<KeyEntry>> findKey(Target target, KeyHash key, long deadline) {
          return new NotExecuted<>(Reason.MOVED);
        }

        @Override
        public boolean isEmpty(Target target, long deadline) {
          return false;
        }
      };
}
