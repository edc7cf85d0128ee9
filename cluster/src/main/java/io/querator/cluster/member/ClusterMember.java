package io.querator.cluster.member;

import io.querator.cluster.CommandCodec;
import io.querator.cluster.Holdings.Decision;
import io.querator.cluster.NodeId;
import io.querator.cluster.OwnershipCommand;
import io.querator.cluster.OwnershipCommand.Drain;
import io.querator.cluster.OwnershipCommand.Leave;
import io.querator.cluster.OwnershipTable;
import io.querator.cluster.OwnershipView;
import io.querator.cluster.RenewalCall;
import io.querator.cluster.RenewalCall.Answer;
import io.querator.cluster.atomix.RaftGroup;
import io.querator.cluster.link.PeerException;
import io.querator.cluster.link.PeerException.Kind;
import io.querator.cluster.link.PeerLink;
import io.querator.storage.PartitionKey;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// This process as a member of the cluster. Safe for use by many threads.
///
/// A voter keeps the ownership table with the other voters; every member, voter or not, renews its
/// lease with the one that leads, and follows the table.
public final class ClusterMember implements AutoCloseable {
  /// What the subjects of all messages between members begin with.
  private static final String RENEW = "cluster/renew";

  private static final String COMMAND = "cluster/command";
  private static final String PING = "cluster/ping";
  private static final byte[] YES = {1};
  private static final byte[] NO = {0};
  private static final Duration PING_TIMEOUT = Duration.ofMillis(300);
  private static final Duration COMMAND_TIMEOUT = Duration.ofSeconds(3);
  private static final long RAFT_MILLIS = 1_000;

  private final MemberSettings settings;
  private final PeerLink link;
  private final Renewals renewals;
  private final @Nullable RaftGroup group;
  private final @Nullable Control control;
  private final List<Consumer<OwnershipView>> followers = new CopyOnWriteArrayList<>();

  /// A member that answers messages, but takes no part yet.
  ///
  /// @throws RuntimeException if Raft's log cannot be opened
  public ClusterMember(MemberSettings settings, PeerLink link, OwnershipHost host) {
    this.settings = settings;
    this.link = link;
    renewals =
        new Renewals(settings, host, this::renew, new OwnershipTable().view(), this::followed);
    if (settings.isVoter()) {
      RaftGroup voter = new RaftGroup(settings.raft(), link, this::committed, this::elected);
      group = voter;
      control = new Control(settings, host, voter, this::refuses);
    } else {
      group = null;
      control = null;
    }
  }

  /// Votes from now on, if this is a voter, and reads the log, which takes a while where it is
  /// long.
  ///
  /// @return completes when this voter has caught up with the others, for which most voters must be
  ///   there; for others at once
  public CompletableFuture<?> vote() {
    CompletableFuture<?> started =
        group == null ? CompletableFuture.completedFuture(null) : group.start();
    if (control != null) {
      control.start();
    }
    return started;
  }

  /// Is a member from now on, which may be given partitions. After [#vote].
  public void join() {
    renewals.start();
  }

  private void elected() {
    Control leading = control;
    if (leading != null) {
      leading.elected();
    }
  }

  private void committed(OwnershipView view) {
    Control leading = control;
    if (leading != null) {
      leading.changed();
    }
    if (view.changedAt() > renewals.view().index()
        || view.generation() > renewals.view().generation()) {
      renewals.follow(view);
    }
  }

  private void followed(OwnershipView view) {
    followers.forEach(follower -> follower.accept(view));
  }

  /// Tells `follower` of every newer view from now on, by a thread that must not be kept.
  public void onChange(Consumer<OwnershipView> follower) {
    followers.add(follower);
  }

  /// All subjects of messages that members answer.
  public static Set<String> subjects() {
    Set<String> subjects = new HashSet<>(RaftGroup.subjects());
    subjects.addAll(List.of(RENEW, COMMAND, PING));
    return subjects;
  }

  /// Answers a message of another member.
  ///
  /// @throws PeerException if it cannot be answered here
  public byte[] answer(NodeId from, String subject, byte[] message) {
    if (subject.startsWith(RaftGroup.SUBJECTS)) {
      return raft(from, subject, message);
    }
    return switch (subject) {
      case RENEW -> hear(RenewalCall.decode(message)).encode();
      case COMMAND -> execute(CommandCodec.decode(message)) ? YES : NO;
      case PING -> YES;
      default -> throw new PeerException(Kind.NOT_EXECUTED, "unknown subject " + subject, null);
    };
  }

  private byte[] raft(NodeId from, String subject, byte[] message) {
    if (group == null) {
      throw new PeerException(Kind.NOT_EXECUTED, settings.node() + " is no voter", null);
    }
    try {
      return group.answer(from, subject, message).get(RAFT_MILLIS, TimeUnit.MILLISECONDS);
    } catch (ExecutionException | TimeoutException e) {
      throw new PeerException(Kind.UNKNOWN, "no answer to " + subject, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new PeerException(Kind.UNKNOWN, "interrupted", e);
    }
  }

  private Answer hear(RenewalCall call) {
    Control leading = control;
    return leading == null ? new Answer.NotLeader(null) : leading.hear(call);
  }

  private Answer renew(NodeId to, RenewalCall call, Duration timeout) {
    return to.equals(settings.node())
        ? hear(call)
        : Answer.decode(link.call(to, RENEW, call.encode(), timeout));
  }

  private boolean refuses(NodeId node) {
    try {
      link.call(node, PING, NO, PING_TIMEOUT);
      return false;
    } catch (PeerException e) {
      return e.kind() == Kind.REFUSED;
    }
  }

  // Partitions

  /// As [io.querator.cluster.Holdings#opened].
  public void opened(PartitionKey key, Decision by, long epoch) {
    renewals.opened(key, by, epoch);
  }

  /// As [io.querator.cluster.Holdings#lost].
  public void lost(PartitionKey key, Decision by, long epoch) {
    renewals.lost(key, by, epoch);
  }

  /// As [io.querator.cluster.Holdings#closed].
  public void closed(PartitionKey key) {
    renewals.closed(key);
  }

  /// There may be partitions that the table does not know, or some that are gone.
  public void catalogueChanged() {
    Control leading = control;
    if (leading != null) {
      leading.look();
    }
  }

  // Commands

  /// Has a node own nothing, or own partitions again.
  ///
  /// @return whether the table says so
  public boolean drain(NodeId node, boolean draining) {
    return command(new Drain(node, draining));
  }

  /// Tells the others that this process ends as it should.
  ///
  /// @return whether the table says so
  public boolean leave() {
    return command(new Leave(settings.node(), settings.incarnation()));
  }

  private boolean command(OwnershipCommand command) {
    if (execute(command)) {
      return true;
    }
    byte[] message = CommandCodec.encode(command);
    for (NodeId voter : settings.voters()) {
      try {
        if (!voter.equals(settings.node())
            && link.call(voter, COMMAND, message, COMMAND_TIMEOUT)[0] == YES[0]) {
          return true;
        }
      } catch (PeerException e) {
        // the next one may lead
        continue;
      }
    }
    return false;
  }

  private boolean execute(OwnershipCommand command) {
    Control leading = control;
    boolean allowed = command instanceof Drain || command instanceof Leave;
    return allowed && leading != null && leading.leads() && leading.submit(command);
  }

  // Reading

  public NodeId node() {
    return settings.node();
  }

  /// The table as it was last heard of.
  public OwnershipView view() {
    return renewals.view();
  }

  /// The table's own time, in milliseconds, as far as it can be told between two views.
  public long now() {
    return renewals.now();
  }

  /// The voter that leads, as far as this node knows.
  public Optional<NodeId> leader() {
    return renewals.leader();
  }

  /// Whether a node keeps the table with the others.
  public boolean isVoter(NodeId node) {
    return settings.voters().contains(node);
  }

  /// How long ago this node's lease was last renewed.
  public Duration silence() {
    return renewals.silence();
  }

  /// Whether the others may count this node as dead.
  public boolean isUnheard() {
    return silence().compareTo(settings.lease()) > 0;
  }

  /// How often the leader was not heard of for half a lease.
  public long lateRenewals() {
    return renewals.late();
  }

  /// How often this node has begun to lead.
  public long terms() {
    return control == null ? 0 : control.terms();
  }

  /// Takes no part any more. The others count this process as dead soon, unless it has left.
  @Override
  public void close() {
    renewals.close();
    if (control != null) {
      control.close();
    }
    if (group != null) {
      group.close();
    }
  }
}
