package io.querator.cluster.atomix;

import io.atomix.cluster.MemberId;
import io.atomix.primitive.PrimitiveState;
import io.atomix.primitive.PrimitiveType;
import io.atomix.primitive.PrimitiveTypeRegistry;
import io.atomix.primitive.Recovery;
import io.atomix.primitive.operation.PrimitiveOperation;
import io.atomix.primitive.partition.PartitionId;
import io.atomix.primitive.service.ServiceConfig;
import io.atomix.primitive.session.SessionClient;
import io.atomix.protocols.raft.RaftClient;
import io.atomix.protocols.raft.RaftServer;
import io.atomix.protocols.raft.cluster.impl.RaftClusterContext;
import io.atomix.protocols.raft.cluster.impl.RaftMemberContext;
import io.atomix.protocols.raft.partition.impl.RaftClientCommunicator;
import io.atomix.protocols.raft.partition.impl.RaftNamespaces;
import io.atomix.protocols.raft.partition.impl.RaftServerCommunicator;
import io.atomix.protocols.raft.session.CommunicationStrategy;
import io.atomix.protocols.raft.storage.RaftStorage;
import io.atomix.storage.StorageLevel;
import io.atomix.utils.serializer.Serializer;
import io.querator.cluster.CommandCodec;
import io.querator.cluster.NodeId;
import io.querator.cluster.OwnershipCommand;
import io.querator.cluster.OwnershipTable;
import io.querator.cluster.OwnershipView;
import io.querator.cluster.link.PeerLink;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// A voter of the Raft group: follows the table, and, while it leads, changes it. Safe for use by
/// many threads.
///
/// Commands go through a session of the leader with its own server alone: one with another server
/// hangs for seconds when that one does.
public final class RaftGroup implements AutoCloseable {
  /// What the subjects of its messages begin with.
  public static final String SUBJECTS = RaftMessages.PREFIX;

  private static final String NAME = "ownership";

  /// As `RaftMessageContext` names them; what else there is stays within a voter.
  private static final List<String> MESSAGES =
      List.of(
          "heartbeat",
          "open",
          "close",
          "keep-alive",
          "query",
          "command",
          "metadata",
          "join",
          "leave",
          "configure",
          "reconfigure",
          "install",
          "transfer",
          "poll",
          "vote",
          "append");

  private static final Duration STOP_TIMEOUT = Duration.ofSeconds(10);
  private static final Duration SESSION_TIMEOUT_MIN = Duration.ofMillis(250);

  /// Longer than the worst election.
  private static final Duration SESSION_TIMEOUT_MAX = Duration.ofSeconds(10);

  /// With its own server a session takes milliseconds.
  private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(2);

  private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(1);

  /// Between tries to open a session, which is refused while a long log is applied after a start.
  private static final long SESSION_PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(20);

  private static final long SESSION_PAUSE_MAX_NANOS = TimeUnit.MILLISECONDS.toNanos(160);
  private static final int ENTRY_BYTES_MAX = 8 << 20;
  private static final Logger log = LoggerFactory.getLogger(RaftGroup.class);

  private final RaftSettings settings;
  private final Runnable elected;
  private final OwnershipService.Type type;
  private final RaftMessages messages;
  private final RaftServer server;

  /// Opens and closes sessions, one after the other: Raft's own threads must not wait.
  private final ExecutorService sessions =
      Executors.newSingleThreadExecutor(Thread.ofVirtual().name("raft-session").factory());

  private volatile OwnershipView view = new OwnershipTable().view();
  private volatile @Nullable Leadership leadership;
  private volatile boolean closed;

  /// A session with our own server, while it leads.
  private record Leadership(RaftClient client, SessionClient session) {
    /// Waits until its handlers of messages are gone, which would else take those of the next away.
    void close() {
      ended(session.close().handle((_, _) -> true).thenCompose(_ -> client.close()));
    }
  }

  private static void ended(CompletableFuture<?> closing) {
    closing
        .<@Nullable Object>handle((_, _) -> null)
        .completeOnTimeout(null, CLOSE_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS)
        .join();
  }

  /// A voter that answers messages but takes no part yet.
  ///
  /// @param follower told of each state of the table, by Raft's thread: it must be quick. After a
  ///   start it is told what the log holds
  /// @param elected told each time that [#leads] becomes true; it must be quick
  public RaftGroup(
      RaftSettings settings, PeerLink link, Consumer<OwnershipView> follower, Runnable elected) {
    this.settings = settings;
    this.elected = elected;
    messages = new RaftMessages(settings.node(), link);
    type =
        new OwnershipService.Type(latest -> {
          view = latest;
          follower.accept(latest);
        });
    server = server();
  }

  /// All subjects of messages between voters.
  public static Set<String> subjects() {
    return MESSAGES.stream()
        .map(message -> SUBJECTS + NAME + "-" + message)
        .collect(Collectors.toSet());
  }

  /// Takes part from now on.
  ///
  /// @return completes when the group has a leader and this voter has caught up, for which most
  ///   voters must be there
  public CompletableFuture<?> start() {
    server.addRoleChangeListener(role -> later(() -> changed(role)));
    return server.bootstrap(voters());
  }

  /// Answers a message of another voter.
  ///
  /// @param subject that begins with [#SUBJECTS]
  public CompletableFuture<byte[]> answer(NodeId from, String subject, byte[] message) {
    forgive(from);
    return messages.answer(subject.substring(SUBJECTS.length()), message);
  }

  /// A leader asks a voter that did not answer ever more seldom, up to once a minute (Atomix's
  /// `LeaderAppender`). One that is heard of is there again.
  private void forgive(NodeId from) {
    if (server.cluster() instanceof RaftClusterContext cluster) {
      RaftMemberContext member = cluster.getMemberState(member(from));
      if (member != null && member.getFailureCount() > 0) {
        member.resetFailureCount();
      }
    }
  }

  /// The voter that leads, as far as this one knows.
  public Optional<NodeId> leader() {
    return Optional.ofNullable(server.cluster().getLeader())
        .map(leader -> new NodeId(leader.memberId().id()));
  }

  private RaftServer server() {
    List<MemberId> voters = List.copyOf(voters());
    return RaftServer.builder(member(settings.node()))
        .withName(NAME)
        .withMembershipService(new FixedMembership(member(settings.node()), voters))
        .withProtocol(
            new RaftServerCommunicator(
                NAME, Serializer.using(RaftNamespaces.RAFT_PROTOCOL), messages))
        .withPrimitiveTypes(new OneType(type))
        // each is compared with the other, or with its default
        .withElectionTimeout(RaftSettings.ELECTION_TIMEOUT_MAX)
        .withHeartbeatInterval(settings.heartbeatInterval())
        .withElectionTimeout(settings.electionTimeout())
        .withSessionTimeout(SESSION_TIMEOUT_MAX)
        .withStorage(
            RaftStorage.builder()
                .withPrefix(NAME)
                .withDirectory(settings.directory().toFile())
                .withStorageLevel(StorageLevel.MAPPED)
                .withNamespace(RaftNamespaces.RAFT_STORAGE)
                .withMaxSegmentSize(settings.segmentBytes())
                .withMaxEntrySize(Math.min(ENTRY_BYTES_MAX, settings.segmentBytes() / 2))
                .withFlushOnCommit(true)
                .build())
        .build();
  }

  private record OneType(PrimitiveType<?, ?, ?> type) implements PrimitiveTypeRegistry {
    @Override
    public Collection<PrimitiveType> getPrimitiveTypes() {
      return List.of(type);
    }

    @Override
    public PrimitiveType getPrimitiveType(String typeName) {
      return type;
    }
  }

  private Collection<MemberId> voters() {
    return settings.voters().stream().map(RaftGroup::member).toList();
  }

  private static MemberId member(NodeId node) {
    return MemberId.from(node.value());
  }

  /// A new leader is told twice that it leads.
  private void changed(RaftServer.Role role) {
    if (role == RaftServer.Role.LEADER && leadership != null) {
      return;
    }
    log.atInfo().addKeyValue("role", role).log("raft role changed");
    follow(role);
  }

  private void follow(RaftServer.Role role) {
    Leadership before = leadership;
    leadership = null;
    if (before != null) {
      before.close();
    }
    long pause = SESSION_PAUSE_NANOS;
    while (role == RaftServer.Role.LEADER && leadership == null && server.isLeader() && !closed) {
      try {
        leadership = lead();
        elected.run();
      } catch (CompletionException e) {
        // a new leader refuses sessions until its first entry is committed
        log.atDebug().setCause(e).log("leads, but has no session with its own server yet");
        LockSupport.parkNanos(pause);
        pause = Math.min(2 * pause, SESSION_PAUSE_MAX_NANOS);
      }
    }
  }

  private Leadership lead() {
    MemberId own = member(settings.node());
    RaftClient client =
        RaftClient.builder(own)
            .withMemberId(own)
            .withPartitionId(PartitionId.from(NAME, 1))
            .withProtocol(
                new RaftClientCommunicator(
                    NAME, Serializer.using(RaftNamespaces.RAFT_PROTOCOL), messages))
            .build();
    SessionClient session =
        client
            .sessionBuilder(NAME, type, new ServiceConfig())
            .withMinTimeout(SESSION_TIMEOUT_MIN)
            .withMaxTimeout(SESSION_TIMEOUT_MAX)
            .withRecoveryStrategy(Recovery.CLOSE)
            .withCommunicationStrategy(CommunicationStrategy.ANY)
            .build();
    try {
      client
          .connect(own)
          .thenCompose(_ -> session.connect())
          .orTimeout(CONNECT_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS)
          .join();
    } catch (CompletionException e) {
      ended(client.close());
      throw e;
    }
    Leadership led = new Leadership(client, session);
    session.addStateChangeListener(state -> {
      if (state != PrimitiveState.CONNECTED) {
        later(() -> leadAgain(led));
      }
    });
    return led;
  }

  private void later(Runnable task) {
    try {
      sessions.execute(task);
    } catch (RejectedExecutionException e) {
      log.atDebug().log("a role changes while the voter stops");
    }
  }

  /// A session may end although this voter still leads: after a pause, for instance.
  private void leadAgain(Leadership ended) {
    if (leadership == ended && !closed) {
      follow(server.getRole());
    }
  }

  /// Whether this voter can change the table.
  public boolean leads() {
    return leadership != null;
  }

  /// The table as this voter knows it, perhaps a little behind.
  public OwnershipView view() {
    return view;
  }

  /// Changes the table.
  ///
  /// @return completes when this voter has applied it; exceptionally if it is not known whether it
  ///   was. Empty if this voter does not lead
  public Optional<CompletableFuture<Void>> submit(OwnershipCommand command) {
    Leadership leading = leadership;
    if (leading == null) {
      return Optional.empty();
    }
    PrimitiveOperation operation =
        PrimitiveOperation.operation(OwnershipService.APPLY, CommandCodec.encode(command));
    return Optional.of(leading.session().execute(operation).thenApply(_ -> null));
  }

  /// Leaves the others, who count it as dead until it starts again.
  @Override
  public void close() {
    closed = true;
    Leadership leading = leadership;
    leadership = null;
    if (leading != null) {
      leading.close();
    }
    CompletableFuture<?> ended =
        server.isRunning() ? server.shutdown() : CompletableFuture.completedFuture(null);
    ended
        .<@Nullable Object>handle((_, _) -> null)
        .completeOnTimeout(null, STOP_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS)
        .join();
    messages.close();
    sessions.shutdown();
  }
}
