package io.querator.node.peer;

import static java.util.Objects.requireNonNull;

import io.querator.cluster.Fields;
import io.querator.cluster.Member;
import io.querator.cluster.NodeId;
import io.querator.cluster.OwnershipView;
import io.querator.cluster.link.PeerException;
import io.querator.cluster.link.PeerLink;
import io.querator.node.peer.Interests.Waiting;
import io.querator.node.service.Parallel;
import io.querator.node.service.Peers;
import io.querator.node.service.ServedQueue;
import io.querator.node.service.WaitingCall;
import io.querator.queue.DeadItem;
import io.querator.queue.LeaseAnswer;
import io.querator.queue.Outcome;
import io.querator.queue.Outcome.NotExecuted;
import io.querator.queue.Outcome.Reason;
import io.querator.queue.Waiter;
import io.querator.storage.KeyEntry;
import io.querator.storage.KeyHash;
import io.querator.storage.Micros;
import io.querator.storage.PartitionKey;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The other nodes, by messages to them.
public final class QueuePeers implements Peers, AutoCloseable {
  /// Beyond the time that what is asked for has.
  private static final Duration MARGIN = Duration.ofSeconds(1);

  /// How long other nodes may take to follow a change.
  private static final Duration ANNOUNCE_TIMEOUT = Duration.ofSeconds(10);

  private static final Duration HINT_TIMEOUT = Duration.ofSeconds(5);
  private static final Duration WAIT_TIMEOUT = Duration.ofSeconds(1);
  private static final Logger log = LoggerFactory.getLogger(QueuePeers.class);

  private final NodeId own;
  private final PeerLink link;
  private final InstantSource clock;
  private final Supplier<OwnershipView> view;
  private final Interests interests;
  private final WaitingCallMessages waitingCalls;

  /// What is ready in a partition of another node.
  ///
  /// @param headPlacedAt see [io.querator.queue.PartitionStats]
  public record Ready(String queue, PartitionKey partition, long waiting, long headPlacedAt) {}

  /// Is told what is ready elsewhere.
  @FunctionalInterface
  public interface Learner {
    void learn(Ready ready);
  }

  /// @param view who the members are
  /// @param queues finds a queue here
  public QueuePeers(
      NodeId own,
      PeerLink link,
      InstantSource clock,
      Supplier<OwnershipView> view,
      Function<String, @Nullable ServedQueue> queues,
      Learner learner) {
    this.own = requireNonNull(own, "own");
    this.link = requireNonNull(link, "link");
    this.clock = requireNonNull(clock, "clock");
    this.view = requireNonNull(view, "view");
    waitingCalls = new WaitingCallMessages(link, clock);
    interests = new Interests((owner, waiting) -> tell(owner, waiting, learner), queues);
  }

  @Override
  public List<NodeId> others() {
    return view.get().members().stream().map(Member::id).filter(id -> !id.equals(own)).toList();
  }

  /// A member that comes, or comes back, begins to reach its storage then, as the others see it.
  @Override
  public List<Stay> stays(NodeId other) {
    return view.get().members().stream()
        .filter(member -> member.id().equals(own) || member.id().equals(other))
        .map(member -> new Stay(member.incarnation(), member.storageSince()))
        .toList();
  }

  @Override
  public CompletableFuture<?> announce(String queue) {
    List<NodeId> others = others();
    if (others.isEmpty()) {
      return CompletableFuture.completedFuture(true);
    }
    CompletableFuture<Boolean> announced = new CompletableFuture<>();
    byte[] message = QueueFields.bytes(out -> QueueFields.writeText(out, queue));
    Thread.ofVirtual()
        .name("announce")
        .start(() -> {
          Parallel.map(others, node -> announce(node, message));
          announced.complete(true);
        });
    return announced;
  }

  private boolean announce(NodeId node, byte[] message) {
    try {
      link.call(node, QueueSubject.ANNOUNCE, message, ANNOUNCE_TIMEOUT);
      return true;
    } catch (PeerException e) {
      // it will see for itself
      log.atInfo().addKeyValue("node", node).setCause(e).log("a node was not told of a change");
      return false;
    }
  }

  private Duration remaining(long deadline) {
    long micros = Math.max(0, deadline - Micros.of(clock.instant()));
    return Duration.ofNanos(Math.min(micros, Integer.MAX_VALUE) * 1_000);
  }

  private static void write(DataOutputStream out, Target target) throws IOException {
    QueueFields.writeText(out, target.queue());
    Fields.writeKey(out, target.partition());
  }

  // Leases

  @Override
  public LeaseAnswer lease(Target target, Waiter waiter, long deadline) {
    byte[] message =
        QueueFields.bytes(out -> {
          write(out, target);
          QueueFields.writeText(out, waiter.clientId());
          out.writeInt(waiter.batchSize());
        });
    try {
      byte[] answer =
          link.call(target.owner(), QueueSubject.LEASE, message, remaining(deadline).plus(MARGIN));
      return QueueFields.read(answer, QueueFields::readAnswer);
    } catch (PeerException e) {
      return e.kind() == PeerException.Kind.UNKNOWN
          ? new LeaseAnswer.Unknown()
          : new LeaseAnswer.Ended(Reason.MOVED);
    }
  }

  @Override
  public void giveBack(Target target, LeaseAnswer.Leased leased) {
    byte[] message =
        QueueFields.bytes(out -> {
          write(out, target);
          Fields.writeList(
              out, leased.items(), (to, item) -> QueueFields.writeText(to, item.id().toString()));
        });
    try {
      link.call(target.owner(), QueueSubject.GIVE_BACK, message, WAIT_TIMEOUT);
    } catch (PeerException e) {
      // their lease runs out
      log.atDebug().addKeyValue("queue", target.queue()).setCause(e).log("items not given back");
    }
  }

  @Override
  public Answer register(NodeId registrar, WaitingCall call) {
    return waitingCalls.register(registrar, call);
  }

  @Override
  public void unregister(NodeId registrar, WaitingCall call) {
    waitingCalls.unregister(registrar, call);
  }

  @Override
  public Answer yields(NodeId holder, WaitingCall call) {
    return others().contains(holder) ? waitingCalls.yields(holder, call) : Answer.YES;
  }

  @Override
  public void leases(String queue) {
    interests.active(queue);
  }

  @Override
  public void interest(String queue) {
    interests.waits(queue);
  }

  /// A hint found nobody here.
  public void nobodyWaits(String queue) {
    interests.nobody(queue);
  }

  private void tell(NodeId owner, List<Waiting> waiting, Learner learner) {
    byte[] message =
        QueueFields.bytes(out ->
            Fields.writeList(
                out,
                waiting,
                (to, one) -> {
                  QueueFields.writeText(to, one.queue());
                  to.writeInt(one.calls());
                }));
    byte[] answer = link.call(owner, QueueSubject.INTEREST, message, WAIT_TIMEOUT);
    QueueFields.read(answer, in -> Fields.readList(in, QueuePeers::readReady))
        .forEach(learner::learn);
  }

  static void writeReady(DataOutputStream out, Ready ready) throws IOException {
    QueueFields.writeText(out, ready.queue());
    Fields.writeKey(out, ready.partition());
    out.writeLong(ready.waiting());
    out.writeLong(ready.headPlacedAt());
  }

  private static Ready readReady(DataInputStream in) throws IOException {
    return new Ready(QueueFields.readText(in), Fields.readKey(in), in.readLong(), in.readLong());
  }

  @Override
  public Hinted hint(NodeId waiting, String queue, PartitionKey partition, int ready) {
    byte[] message =
        QueueFields.bytes(out -> {
          QueueFields.writeText(out, queue);
          Fields.writeKey(out, partition);
          out.writeInt(ready);
        });
    try {
      int ordinal = link.call(waiting, QueueSubject.HINT, message, HINT_TIMEOUT)[0];
      Hinted[] hinted = Hinted.values();
      return ordinal >= 0 && ordinal < hinted.length ? hinted[ordinal] : Hinted.NOBODY;
    } catch (PeerException e) {
      log.atDebug().addKeyValue("node", waiting).setCause(e).log("hint not taken");
      return Hinted.NOBODY;
    }
  }

  // Commands

  @Override
  public Outcome<Boolean> takeDead(Target target, List<DeadItem> items, long deadline) {
    byte[] message =
        QueueFields.bytes(out -> {
          write(out, target);
          Fields.writeList(out, items, QueueFields::writeDead);
        });
    return command(target, QueueSubject.TAKE_DEAD, message, deadline, in -> in.readBoolean());
  }

  @Override
  public Outcome<Boolean> forgetDead(Target target, List<KeyHash> keys, long deadline) {
    byte[] message =
        QueueFields.bytes(out -> {
          write(out, target);
          Fields.writeList(out, keys, QueueFields::writeHash);
        });
    return command(target, QueueSubject.FORGET_DEAD, message, deadline, in -> in.readBoolean());
  }

  @Override
  public Outcome<Optional<KeyEntry>> findKey(Target target, KeyHash key, long deadline) {
    byte[] message =
        QueueFields.bytes(out -> {
          write(out, target);
          QueueFields.writeHash(out, key);
        });
    return command(
        target, QueueSubject.FIND_KEY, message, deadline, QueueFields::readOptionalEntry);
  }

  private <R> Outcome<R> command(
      Target target, String subject, byte[] message, long deadline, Fields.Reader<R> reader) {
    try {
      byte[] answer = link.call(target.owner(), subject, message, remaining(deadline).plus(MARGIN));
      return QueueFields.outcome(answer, reader);
    } catch (PeerException e) {
      return switch (e.kind()) {
        case REFUSED, NOT_EXECUTED -> new NotExecuted<>(Reason.MOVED);
        case UNKNOWN -> new Outcome.Unknown<>(false);
      };
    }
  }

  @Override
  public boolean isEmpty(Target target, long deadline) {
    byte[] message = QueueFields.bytes(out -> write(out, target));
    try {
      return link.call(
                  target.owner(), QueueSubject.IS_EMPTY, message, remaining(deadline).plus(MARGIN))[
              0]
          != 0;
    } catch (PeerException e) {
      return false;
    }
  }

  @Override
  public void close() {
    interests.close();
  }
}
