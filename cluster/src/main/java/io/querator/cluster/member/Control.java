package io.querator.cluster.member;

import io.querator.cluster.Controller;
import io.querator.cluster.Member;
import io.querator.cluster.NodeId;
import io.querator.cluster.OwnershipCommand;
import io.querator.cluster.OwnershipCommand.Define;
import io.querator.cluster.OwnershipCommand.Evict;
import io.querator.cluster.OwnershipCommand.Found;
import io.querator.cluster.OwnershipCommand.PartitionDefinition;
import io.querator.cluster.OwnershipView;
import io.querator.cluster.RenewalCall;
import io.querator.cluster.RenewalCall.Answer;
import io.querator.cluster.atomix.RaftGroup;
import java.util.Collection;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/// What a voter does while it leads: it hears renewals, writes them into the log, and answers with
/// the table.
///
/// One thread leads; renewals come on threads of their own. What they share is guarded by a lock.
final class Control implements AutoCloseable {
  /// How long an answer is withheld when there is nothing to tell.
  private static final long PARK_NANOS = TimeUnit.MILLISECONDS.toNanos(200);

  /// A member that has not been heard of for so long is asked whether its port refuses.
  private static final long SILENCE_NANOS = TimeUnit.MILLISECONDS.toNanos(350);

  private static final long COMMIT_MILLIS = 2_000;
  private static final Logger log = LoggerFactory.getLogger(Control.class);

  private final MemberSettings settings;
  private final OwnershipHost host;
  private final RaftGroup group;
  private final Predicate<NodeId> refuses;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition heard = lock.newCondition();
  private final Condition changed = lock.newCondition();
  private final Condition elected = lock.newCondition();
  private final Map<NodeId, Long> heardAt = new ConcurrentHashMap<>();
  private final Set<NodeId> probed = ConcurrentHashMap.newKeySet();
  private final AtomicLong terms = new AtomicLong();

  /// Not null while this node leads. Guarded by the lock.
  private @Nullable Controller controller;

  /// Whether the next step is due at once. Guarded by the lock.
  private boolean looking;

  /// Whether the catalogue may have partitions that the table lacks, or the other way round. The
  /// leading thread's.
  private boolean defining;

  private volatile boolean closed;

  /// @param refuses asks a node's port, blocking: whether nobody listens there
  Control(MemberSettings settings, OwnershipHost host, RaftGroup group, Predicate<NodeId> refuses) {
    this.settings = settings;
    this.host = host;
    this.group = group;
    this.refuses = refuses;
  }

  void start() {
    Thread.ofVirtual().name("cluster-control").start(this::run);
  }

  /// How often this node has begun to lead.
  long terms() {
    return terms.get();
  }

  /// Hears a renewal, and answers when there is something to tell, or after a while.
  Answer hear(RenewalCall call) {
    long deadline = System.nanoTime() + PARK_NANOS;
    lock.lock();
    try {
      if (controller == null) {
        return new Answer.NotLeader(group.leader().orElse(null));
      }
      controller.heard(call.renewal(), System.nanoTime());
      heardAt.put(call.renewal().node(), System.nanoTime());
      heard.signal();
      while (controller != null && !call.isBehind(group.view())) {
        long wait = deadline - System.nanoTime();
        if (wait <= 0) {
          return new Answer.Current();
        }
        changed.awaitNanos(wait);
      }
      OwnershipView view = group.view();
      return call.isBehind(view) ? new Answer.Changed(view) : new Answer.NotLeader(null);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return new Answer.NotLeader(null);
    } finally {
      lock.unlock();
    }
  }

  boolean leads() {
    return group.leads();
  }

  /// The table has changed: whoever waits for that is told.
  void changed() {
    lock.lock();
    try {
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /// There may be partitions that the table does not know.
  void look() {
    lock.lock();
    try {
      looking = true;
      heard.signal();
    } finally {
      lock.unlock();
    }
  }

  /// This node may have begun to lead.
  void elected() {
    lock.lock();
    try {
      elected.signalAll();
    } finally {
      lock.unlock();
    }
  }

  private void run() {
    while (awaitLeading()) {
      lead();
    }
  }

  /// @return false if this node will not lead any more
  private boolean awaitLeading() {
    lock.lock();
    try {
      while (!group.leads() && !closed) {
        elected.awaitUninterruptibly();
      }
      return !closed;
    } finally {
      lock.unlock();
    }
  }

  private void lead() {
    log.atInfo().addKeyValue("node", settings.node()).log("leads the cluster");
    terms.incrementAndGet();
    UUID id = UUID.randomUUID();
    lock.lock();
    try {
      heardAt.clear();
      controller = new Controller(id, settings.lease().toMillis(), System.nanoTime());
    } finally {
      lock.unlock();
    }
    defining = true;
    CompletableFuture<?> catalogue = host.refreshCatalogue();
    try {
      boolean goesOn = true;
      while (goesOn && !closed && group.leads()) {
        goesOn = step(catalogue);
      }
    } finally {
      lock.lock();
      try {
        controller = null;
        changed.signalAll();
      } finally {
        lock.unlock();
      }
      log.atInfo().addKeyValue("node", settings.node()).log("leads the cluster no longer");
    }
  }

  /// @return false if this node does not lead any more
  private boolean step(CompletableFuture<?> catalogue) {
    if (!submit(nextTick())) {
      return false;
    }
    OwnershipView view = group.view();
    if (view.generation() == 0) {
      return found();
    }
    if (defining && catalogue.isDone() && !define(view)) {
      return false;
    }
    probe(view);
    return true;
  }

  /// @return false if this node does not lead any more
  private boolean define(OwnershipView view) {
    Optional<Collection<PartitionDefinition>> partitions = host.partitions();
    Optional<Define> define = partitions.flatMap(all -> Controller.define(view, all));
    if (define.isPresent()) {
      return submit(define.get());
    }
    defining = partitions.isEmpty();
    return true;
  }

  private OwnershipCommand nextTick() {
    lock.lock();
    try {
      Controller leading = controller;
      if (leading == null) {
        throw new IllegalStateException("ticks without leading");
      }
      long wait = leading.waitNanos(System.nanoTime());
      while (wait > 0 && !looking && !closed) {
        // whoever is heard may have news, which are due earlier
        heard.awaitNanos(wait);
        wait = leading.waitNanos(System.nanoTime());
      }
      defining |= looking;
      looking = false;
      return leading.tick(System.nanoTime());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while leading", e);
    } finally {
      lock.unlock();
    }
  }

  /// A table that is new counts its decisions above every one that a database holds.
  private boolean found() {
    var highest = host.highestGeneration();
    return highest.isEmpty() || submit(new Found(highest.getAsLong() + 1));
  }

  /// @return whether it is in the table
  boolean submit(OwnershipCommand command) {
    Optional<CompletableFuture<Void>> done = group.submit(command);
    if (done.isEmpty()) {
      return false;
    }
    try {
      done.get().get(COMMIT_MILLIS, TimeUnit.MILLISECONDS);
      return true;
    } catch (ExecutionException | TimeoutException e) {
      boolean leads = !closed && group.leads();
      // whoever stops leading, or stops, loses what is under way
      log.atLevel(leads ? Level.WARN : Level.DEBUG)
          .addKeyValue("reason", String.valueOf(e))
          .log("a command did not go through");
      return leads;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  private void probe(OwnershipView view) {
    long now = System.nanoTime();
    for (Member member : view.members()) {
      // one that was never heard of by this leader has time from its first step on
      long last = heardAt.computeIfAbsent(member.id(), _ -> now);
      boolean silent = now - last > SILENCE_NANOS && !member.id().equals(settings.node());
      if (silent && probed.add(member.id())) {
        Thread.ofVirtual().name("cluster-probe").start(() -> probe(member));
      }
    }
  }

  private void probe(Member member) {
    try {
      if (!refuses.test(member.id())) {
        return;
      }
      Optional<Evict> evict;
      lock.lock();
      try {
        evict =
            controller == null
                ? Optional.empty()
                : controller.refused(member.id(), member.incarnation());
      } finally {
        lock.unlock();
      }
      if (evict.isPresent()) {
        log.atWarn().addKeyValue("node", member.id()).log("nobody listens there, evicting");
        submit(evict.get());
      }
    } finally {
      probed.remove(member.id());
    }
  }

  @Override
  public void close() {
    closed = true;
    changed();
    look();
    elected();
  }
}
