package io.querator.node.peer;

import io.querator.cluster.NodeId;
import io.querator.cluster.link.PeerException;
import io.querator.cluster.link.PeerException.Kind;
import io.querator.cluster.link.PeerLink;
import io.querator.node.service.Peers.Answer;
import io.querator.node.service.WaitingCall;
import io.querator.storage.Micros;
import java.io.DataOutputStream;
import java.io.IOException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// What nodes tell one another of lease calls that wait. So few of these messages are under way to
/// one node at a time that those by which it stays in the cluster find connections. Safe for use by
/// many threads.
final class WaitingCallMessages {
  private static final int REGISTERING_MAX = 64;
  private static final int YIELDING_MAX = 16;

  /// How long a message waits for others to end.
  private static final Duration PATIENCE = Duration.ofMillis(200);

  private static final Duration REGISTER_TIMEOUT = Duration.ofSeconds(1);

  /// With [#PATIENCE], within the time of who waits for the registrar meanwhile.
  private static final Duration YIELD_TIMEOUT = Duration.ofMillis(300);

  private static final Logger log = LoggerFactory.getLogger(WaitingCallMessages.class);

  private final PeerLink link;
  private final InstantSource clock;
  private final Map<NodeId, Semaphore> registering = new ConcurrentHashMap<>();
  private final Map<NodeId, Semaphore> yielding = new ConcurrentHashMap<>();

  WaitingCallMessages(PeerLink link, InstantSource clock) {
    this.link = link;
    this.clock = clock;
  }

  /// See [io.querator.node.service.Peers#register].
  Answer register(NodeId registrar, WaitingCall call) {
    try {
      byte[] answer =
          send(
              registrar,
              QueueSubject.WAIT,
              call,
              out -> {
                out.writeLong(Math.max(0, call.until() - now()));
                out.writeLong(age(call));
                out.writeLong(call.token());
              });
      return QueueFields.answer(answer);
    } catch (PeerException e) {
      log.atDebug().addKeyValue("registrar", registrar).setCause(e).log("client not compared");
      return Answer.UNKNOWN;
    }
  }

  /// See [io.querator.node.service.Peers#unregister].
  void unregister(NodeId registrar, WaitingCall call) {
    try {
      send(registrar, QueueSubject.WAIT_NO_MORE, call, out -> out.writeLong(call.token()));
    } catch (PeerException e) {
      // forgotten when its time has passed
      log.atDebug().addKeyValue("registrar", registrar).setCause(e).log("client not released");
    }
  }

  /// See [io.querator.node.service.Peers#yields].
  Answer yields(NodeId holder, WaitingCall call) {
    try {
      return QueueFields.answer(
          send(holder, QueueSubject.YIELD, call, out -> out.writeLong(age(call))));
    } catch (PeerException e) {
      log.atDebug().addKeyValue("holder", holder).setCause(e).log("client not compared");
      return e.kind() == Kind.REFUSED ? Answer.YES : Answer.UNKNOWN;
    }
  }

  private long now() {
    return Micros.of(clock.instant());
  }

  /// Microseconds, which other nodes understand whatever their clocks say.
  private long age(WaitingCall call) {
    return Math.max(0, now() - call.begun());
  }

  private interface Rest {
    void write(DataOutputStream out) throws IOException;
  }

  /// @throws PeerException also if too many others are under way
  private byte[] send(NodeId to, String subject, WaitingCall call, Rest rest) {
    boolean asks = subject.equals(QueueSubject.YIELD);
    Semaphore permits =
        asks
            ? yielding.computeIfAbsent(to, _ -> new Semaphore(YIELDING_MAX))
            : registering.computeIfAbsent(to, _ -> new Semaphore(REGISTERING_MAX));
    try {
      if (!permits.tryAcquire(PATIENCE.toMillis(), TimeUnit.MILLISECONDS)) {
        throw new PeerException(Kind.NOT_EXECUTED, "too many calls are compared at a time", null);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new PeerException(Kind.NOT_EXECUTED, "interrupted", e);
    }
    try {
      // only now, for it says how long the call has waited
      byte[] message =
          QueueFields.bytes(out -> {
            QueueFields.writeText(out, call.queue());
            QueueFields.writeText(out, call.client());
            rest.write(out);
          });
      return link.call(to, subject, message, asks ? YIELD_TIMEOUT : REGISTER_TIMEOUT);
    } finally {
      permits.release();
    }
  }
}
