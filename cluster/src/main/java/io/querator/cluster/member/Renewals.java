package io.querator.cluster.member;

import io.querator.cluster.Holdings;
import io.querator.cluster.Holdings.Decision;
import io.querator.cluster.Holdings.Step;
import io.querator.cluster.NodeId;
import io.querator.cluster.OwnershipView;
import io.querator.cluster.Renewal;
import io.querator.cluster.RenewalCall;
import io.querator.cluster.RenewalCall.Answer;
import io.querator.cluster.link.PeerException;
import io.querator.storage.PartitionKey;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Says again and again that this process lives, to the node that leads, and follows the table that
/// it answers with.
///
/// Two threads send: one all the time, whose answer the leader withholds until the table changes or
/// a while has passed; another whenever there is news. [Holdings] is guarded by a lock.
final class Renewals implements AutoCloseable {
  /// Longer than the leader withholds its answer.
  private static final Duration CALL_TIMEOUT = Duration.ofMillis(600);

  /// How many calls with news may be under way. An older one that overtakes a newer one only has
  /// its news come with the next renewal.
  private static final int TELLING_MAX = 4;

  /// How long news wait for more of them.
  private static final long BREATH_NANOS = TimeUnit.MILLISECONDS.toNanos(2);

  /// Between two rounds in which nobody led.
  private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(40);

  private static final Logger log = LoggerFactory.getLogger(Renewals.class);

  private final MemberSettings settings;
  private final OwnershipHost host;
  private final Voice voice;
  private final Consumer<OwnershipView> followed;
  private final Holdings holdings;
  private final List<NodeId> voters;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition news = lock.newCondition();
  private final Semaphore telling = new Semaphore(TELLING_MAX);
  private final AtomicLong late = new AtomicLong();

  /// Up to which of [Holdings#news] has been told, or is about to be.
  private long told;

  private volatile OwnershipView view;
  private volatile long viewedAt = System.nanoTime();
  private volatile NodeId target;
  private volatile long heardAt = System.nanoTime();
  private volatile boolean closed;

  /// Sends a renewal to a node, which may be this one.
  @FunctionalInterface
  interface Voice {
    /// @throws PeerException if no answer came
    Answer say(NodeId to, RenewalCall renewal, Duration timeout);
  }

  /// @param first what is known before anything is heard
  /// @param followed told of each view that is newer than the one before
  Renewals(
      MemberSettings settings,
      OwnershipHost host,
      Voice voice,
      OwnershipView first,
      Consumer<OwnershipView> followed) {
    this.settings = settings;
    this.host = host;
    this.voice = voice;
    this.followed = followed;
    view = first;
    holdings = new Holdings(settings.node(), settings.incarnation());
    voters = new ArrayList<>(settings.voters().stream().sorted().toList());
    target = settings.isVoter() ? settings.node() : voters.getFirst();
  }

  void start() {
    Thread.ofVirtual().name("renewals").start(this::repeat);
    Thread.ofVirtual().name("renewals-news").start(this::tellNews);
  }

  /// The table as it was last heard of.
  OwnershipView view() {
    return view;
  }

  /// The table's own time, in milliseconds, as far as it can be told between two views.
  long now() {
    return view.now() + TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - viewedAt);
  }

  /// Who answered last, if that was lately.
  Optional<NodeId> leader() {
    return silence().compareTo(settings.lease()) > 0 ? Optional.empty() : Optional.of(target);
  }

  /// How long ago the leader last answered.
  Duration silence() {
    return Duration.ofNanos(System.nanoTime() - heardAt);
  }

  /// How often the leader was not heard of for half a lease.
  long late() {
    return late.get();
  }

  /// Follows a view that came by any way; older ones than the last are ignored.
  void follow(OwnershipView latest) {
    lock.lock();
    try {
      boolean newer =
          latest.generation() > view.generation()
              || (latest.generation() == view.generation() && latest.index() > view.index());
      if (!newer) {
        return;
      }
      boolean moved = latest.partitions() != view.partitions();
      view = latest;
      viewedAt = System.nanoTime();
      List<Step> steps = holdings.follow(latest);
      if (moved || !steps.isEmpty()) {
        host.follow(latest, steps);
      }
      followed.accept(latest);
      signalNews();
    } finally {
      lock.unlock();
    }
  }

  void opened(PartitionKey key, Decision by, long epoch) {
    tell(() -> holdings.opened(key, by, epoch));
  }

  void lost(PartitionKey key, Decision by, long epoch) {
    tell(() -> holdings.lost(key, by, epoch));
  }

  void closed(PartitionKey key) {
    tell(() -> holdings.closed(key));
  }

  /// @param answer to a step, which may entail others
  private void tell(Supplier<List<Step>> answer) {
    lock.lock();
    try {
      List<Step> steps = answer.get();
      if (!steps.isEmpty()) {
        host.follow(view, steps);
      }
      signalNews();
    } finally {
      lock.unlock();
    }
  }

  private void signalNews() {
    if (hasNews()) {
      news.signal();
    }
  }

  private RenewalCall renewal() {
    lock.lock();
    try {
      told = holdings.news();
      Renewal renewal =
          new Renewal(
              settings.node(),
              settings.incarnation(),
              settings.api(),
              settings.peer(),
              host.storageReachable(),
              settings.featureLevel(),
              settings.version(),
              Math.max(holdings.generation(), host.seenGeneration()),
              holdings.reports());
      return new RenewalCall(renewal, view.generation(), view.index());
    } finally {
      lock.unlock();
    }
  }

  private void repeat() {
    boolean wasLate = false;
    while (!closed) {
      if (!sayToLeader()) {
        LockSupport.parkNanos(PAUSE_NANOS);
      }
      boolean isLate = silence().compareTo(settings.lease().dividedBy(2)) > 0;
      if (isLate && !wasLate) {
        late.incrementAndGet();
      }
      wasLate = isLate;
    }
  }

  /// @return false if none of the voters says that it leads
  private boolean sayToLeader() {
    for (int i = 0; i <= voters.size() && !closed; i++) {
      NodeId to = target;
      NodeId next = say(to);
      if (next == null) {
        return true;
      }
      target = next.equals(to) ? after(to) : next;
    }
    return false;
  }

  private NodeId after(NodeId voter) {
    int index = voters.indexOf(voter);
    return voters.get((index + 1) % voters.size());
  }

  /// @return null if it leads and has heard us; else who may lead
  private @Nullable NodeId say(NodeId to) {
    try {
      switch (voice.say(to, renewal(), CALL_TIMEOUT)) {
        case Answer.NotLeader(var leader) -> {
          return leader == null ? to : leader;
        }
        case Answer.Current() -> {}
        case Answer.Changed(var latest) -> follow(latest);
      }
      heardAt = System.nanoTime();
      return null;
    } catch (PeerException e) {
      log.atDebug().addKeyValue("to", to).setCause(e).log("renewal not answered");
      return to;
    } catch (RuntimeException e) {
      // a node whose thread for renewals ended would be dead to the others for good
      log.atError().addKeyValue("to", to).setCause(e).log("failed to renew");
      return to;
    }
  }

  private void tellNews() {
    while (!closed) {
      awaitNews();
      // where there is some, there is mostly more
      LockSupport.parkNanos(BREATH_NANOS);
      if (hasNews()) {
        // each by itself: the leader may keep an answer until it has news, and later ones must not
        // wait
        telling.acquireUninterruptibly();
        Thread.ofVirtual().name("renewals-tell").start(this::tell);
      }
    }
  }

  private void awaitNews() {
    lock.lock();
    try {
      while (!hasNews() && !closed) {
        news.awaitUninterruptibly();
      }
    } finally {
      lock.unlock();
    }
  }

  /// Whether there is anything that no message tells that has been sent, or is about to be.
  private boolean hasNews() {
    lock.lock();
    try {
      return holdings.news() != told;
    } finally {
      lock.unlock();
    }
  }

  private void tell() {
    try {
      if (!closed) {
        say(target);
      }
    } finally {
      telling.release();
    }
  }

  @Override
  public void close() {
    closed = true;
    lock.lock();
    try {
      news.signalAll();
    } finally {
      lock.unlock();
    }
  }
}
