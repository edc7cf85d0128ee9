package io.querator.node.peer;

import io.querator.cluster.Fields;
import io.querator.cluster.NodeId;
import io.querator.cluster.link.PeerException;
import io.querator.cluster.link.PeerException.Kind;
import io.querator.node.peer.QueuePeers.Ready;
import io.querator.node.service.NodeService;
import io.querator.node.service.PartitionSlot;
import io.querator.node.service.Peers.Hinted;
import io.querator.node.service.ServedQueue;
import io.querator.queue.Command;
import io.querator.queue.Command.FindKey;
import io.querator.queue.Command.ForgetDead;
import io.querator.queue.Command.GiveBack;
import io.querator.queue.Command.TakeDead;
import io.querator.queue.ItemId;
import io.querator.queue.LeaseAnswer;
import io.querator.queue.Outcome;
import io.querator.queue.Outcome.NotExecuted;
import io.querator.queue.Outcome.Reason;
import io.querator.queue.PartitionStats;
import io.querator.queue.Waiter;
import io.querator.storage.Micros;
import io.querator.storage.PartitionKey;
import java.io.DataInputStream;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// Answers the messages of other nodes about queues. Safe for use by many threads.
public final class QueueServer {
  /// What the subjects that it answers begin with.
  public static final String SUBJECTS = "queue/";

  private static final Duration COMMAND_TIMEOUT = Duration.ofSeconds(5);
  private static final long ANNOUNCE_MILLIS = 8_000;
  private static final byte[] YES = {1};
  private static final byte[] NO = {0};

  private final NodeService service;
  private final QueuePeers peers;

  public QueueServer(NodeService service, QueuePeers peers) {
    this.service = service;
    this.peers = peers;
  }

  /// All subjects that it answers.
  public static Set<String> subjects() {
    return QueueSubject.ALL;
  }

  /// @throws PeerException if it cannot be answered
  public byte[] answer(NodeId from, String subject, byte[] message) {
    return switch (subject) {
      case QueueSubject.ANNOUNCE -> announced(QueueFields.read(message, QueueFields::readText));
      case QueueSubject.LEASE -> QueueFields.read(message, this::lease);
      case QueueSubject.GIVE_BACK -> QueueFields.read(message, this::giveBack);
      case QueueSubject.WAIT -> QueueFields.read(message, in -> register(from, in));
      case QueueSubject.WAIT_NO_MORE -> QueueFields.read(message, in -> unregister(from, in));
      case QueueSubject.YIELD -> QueueFields.read(message, this::yields);
      case QueueSubject.INTEREST -> QueueFields.read(message, in -> interest(from, in));
      case QueueSubject.HINT -> QueueFields.read(message, this::hint);
      case QueueSubject.TAKE_DEAD -> QueueFields.read(message, this::takeDead);
      case QueueSubject.FORGET_DEAD -> QueueFields.read(message, this::forgetDead);
      case QueueSubject.FIND_KEY -> QueueFields.read(message, this::findKey);
      case QueueSubject.IS_EMPTY -> QueueFields.read(message, this::isEmpty);
      default -> throw new PeerException(Kind.NOT_EXECUTED, "unknown subject " + subject, null);
    };
  }

  private byte[] announced(String queue) {
    service.hear(queue).completeOnTimeout(null, ANNOUNCE_MILLIS, TimeUnit.MILLISECONDS).join();
    return YES;
  }

  /// @return the partition, if it is open here
  private @Nullable PartitionSlot here(@Nullable ServedQueue queue, PartitionKey key) {
    PartitionSlot slot = queue == null ? null : queue.partition(key);
    return slot != null && slot.isServedHere() ? slot : null;
  }

  private byte[] lease(DataInputStream in) throws IOException {
    ServedQueue queue = service.queues().find(QueueFields.readText(in));
    PartitionSlot slot = here(queue, Fields.readKey(in));
    Waiter waiter = new Waiter(QueueFields.readText(in), Math.max(1, in.readInt()));
    LeaseAnswer answer =
        queue == null || slot == null
            ? new LeaseAnswer.Ended(Reason.MOVED)
            : queue.leaseHere(waiter, slot);
    return QueueFields.bytes(out -> QueueFields.writeAnswer(out, answer));
  }

  private byte[] giveBack(DataInputStream in) throws IOException {
    ServedQueue queue = service.queues().find(QueueFields.readText(in));
    PartitionSlot slot = here(queue, Fields.readKey(in));
    List<ItemId> ids = new ArrayList<>();
    for (String id : Fields.readList(in, QueueFields::readText)) {
      try {
        ids.add(ItemId.parse(id));
      } catch (ItemId.MalformedException e) {
        throw new IOException("not an item's id", e);
      }
    }
    if (slot != null) {
      slot.call(new GiveBack(ids), deadline());
    }
    return YES;
  }

  private byte[] register(NodeId from, DataInputStream in) throws IOException {
    String queue = QueueFields.readText(in);
    String client = QueueFields.readText(in);
    long left = in.readLong();
    long age = optional(in);
    return QueueFields.bytes(service.register(from, queue, client, optional(in), age, left));
  }

  private byte[] unregister(NodeId from, DataInputStream in) throws IOException {
    service.unregister(from, QueueFields.readText(in), QueueFields.readText(in), optional(in));
    return YES;
  }

  /// A number that an older node does not send, which is 0 then.
  private static long optional(DataInputStream in) throws IOException {
    return in.available() > 0 ? in.readLong() : 0;
  }

  private byte[] yields(DataInputStream in) throws IOException {
    return service.yields(QueueFields.readText(in), QueueFields.readText(in), in.readLong())
        ? YES
        : NO;
  }

  private byte[] interest(NodeId from, DataInputStream in) throws IOException {
    List<Ready> ready = new ArrayList<>();
    int size = in.readInt();
    for (int i = 0; i < size; i++) {
      String name = QueueFields.readText(in);
      int calls = in.readInt();
      service.interest(from, name, calls);
      ServedQueue queue = service.queues().find(name);
      if (queue != null) {
        for (PartitionSlot slot : queue.partitions()) {
          PartitionStats stats = slot.stats();
          if (stats != null) {
            long head = slot.hasReady() ? stats.headPlacedAt() : Long.MAX_VALUE;
            ready.add(new Ready(name, slot.key(), stats.waiting(), head));
          }
        }
      }
    }
    return QueueFields.bytes(out -> Fields.writeList(out, ready, QueuePeers::writeReady));
  }

  private byte[] hint(DataInputStream in) throws IOException {
    String name = QueueFields.readText(in);
    ServedQueue queue = service.queues().find(name);
    PartitionKey key = Fields.readKey(in);
    int ready = in.readInt();
    Hinted hinted = queue == null ? Hinted.NOBODY : queue.hinted(key, ready);
    if (hinted == Hinted.NOBODY) {
      peers.nobodyWaits(name);
    }
    return new byte[] {(byte) hinted.ordinal()};
  }

  private byte[] takeDead(DataInputStream in) throws IOException {
    ServedQueue queue = service.queues().find(QueueFields.readText(in));
    PartitionSlot slot = here(queue, Fields.readKey(in));
    Command<Boolean> command = new TakeDead(Fields.readList(in, QueueFields::readDead));
    return QueueFields.outcome(call(slot, command), (out, done) -> out.writeBoolean(done));
  }

  private byte[] forgetDead(DataInputStream in) throws IOException {
    ServedQueue queue = service.queues().find(QueueFields.readText(in));
    PartitionSlot slot = here(queue, Fields.readKey(in));
    Command<Boolean> command = new ForgetDead(Fields.readList(in, QueueFields::readHash));
    return QueueFields.outcome(call(slot, command), (out, done) -> out.writeBoolean(done));
  }

  private byte[] findKey(DataInputStream in) throws IOException {
    ServedQueue queue = service.queues().find(QueueFields.readText(in));
    PartitionSlot slot = here(queue, Fields.readKey(in));
    return QueueFields.outcome(
        call(slot, new FindKey(QueueFields.readHash(in))), QueueFields::writeEntry);
  }

  private byte[] isEmpty(DataInputStream in) throws IOException {
    ServedQueue queue = service.queues().find(QueueFields.readText(in));
    PartitionSlot slot = here(queue, Fields.readKey(in));
    return slot != null && slot.isCertainlyEmpty() ? YES : NO;
  }

  private <R> Outcome<R> call(@Nullable PartitionSlot slot, Command<R> command) {
    return slot == null ? new NotExecuted<>(Reason.MOVED) : slot.call(command, deadline());
  }

  private long deadline() {
    return Micros.of(service.clock().instant().plus(COMMAND_TIMEOUT));
  }
}
