package io.querator.cluster.atomix;

import io.atomix.cluster.AtomixCluster;
import io.atomix.cluster.MemberId;
import io.atomix.cluster.Node;
import io.atomix.cluster.discovery.BootstrapDiscoveryProvider;
import io.atomix.cluster.protocol.HeartbeatMembershipProtocol;
import io.atomix.primitive.PrimitiveType;
import io.atomix.primitive.PrimitiveTypeRegistry;
import io.atomix.primitive.Recovery;
import io.atomix.primitive.operation.PrimitiveOperation;
import io.atomix.primitive.partition.PartitionId;
import io.atomix.primitive.service.ServiceConfig;
import io.atomix.primitive.session.SessionClient;
import io.atomix.protocols.raft.RaftClient;
import io.atomix.protocols.raft.RaftServer;
import io.atomix.protocols.raft.partition.impl.RaftClientCommunicator;
import io.atomix.protocols.raft.partition.impl.RaftNamespaces;
import io.atomix.protocols.raft.partition.impl.RaftServerCommunicator;
import io.atomix.protocols.raft.session.CommunicationStrategy;
import io.atomix.protocols.raft.storage.RaftStorage;
import io.atomix.storage.StorageLevel;
import io.atomix.utils.net.Address;
import io.atomix.utils.serializer.Serializer;
import io.querator.cluster.CommandCodec;
import io.querator.cluster.NodeId;
import io.querator.cluster.OwnershipCommand;
import io.querator.cluster.OwnershipTable;
import io.querator.cluster.OwnershipView;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// A voter of the Raft group: follows the table, and, while it leads, changes it. Safe for use by
/// many threads.
///
/// Commands go through a session of the leader with its own server alone: one with another server
/// hangs for seconds when that one does.
public final class RaftGroup implements AutoCloseable {
  private static final String NAME = "ownership";
  private static final Duration START_TIMEOUT = Duration.ofSeconds(60);
  private static final Duration STOP_TIMEOUT = Duration.ofSeconds(10);
  private static final Duration MEMBER_INTERVAL = Duration.ofMillis(250);
  private static final Duration MEMBER_TIMEOUT = Duration.ofSeconds(3);
  private static final int MEMBER_THRESHOLD = 5;
  private static final Duration SESSION_TIMEOUT_MIN = Duration.ofMillis(250);

  /// Longer than the worst election.
  private static final Duration SESSION_TIMEOUT_MAX = Duration.ofSeconds(10);

  private static final Duration SESSION_PAUSE = Duration.ofMillis(20);
  private static final int SEGMENT_BYTES = 32 << 20;
  private static final int ENTRY_BYTES = 8 << 20;
  private static final Logger log = LoggerFactory.getLogger(RaftGroup.class);

  private final RaftSettings settings;
  private final OwnershipService.Type type;
  private final AtomixCluster cluster;
  private final RaftServer server;

  /// Opens and closes sessions, one after the other: Raft's own threads must not wait.
  private final ExecutorService sessions =
      Executors.newSingleThreadExecutor(Thread.ofVirtual().name("raft-session").factory());

  private volatile OwnershipView view = new OwnershipTable().view();
  private volatile @Nullable Leadership leadership;
  private volatile boolean closed;

  /// A session with our own server, while it leads.
  private record Leadership(RaftClient client, SessionClient session) {
    void close() {
      session.close().thenCompose(_ -> client.close());
    }
  }

  private RaftGroup(RaftSettings settings, Consumer<OwnershipView> follower) {
    this.settings = settings;
    type =
        new OwnershipService.Type(latest -> {
          view = latest;
          follower.accept(latest);
        });
    cluster = cluster(settings);
    server = server();
  }

  /// Starts this voter and waits until the group has a leader, for which most voters must be there.
  ///
  /// @param follower told of each state of the table, by Raft's thread: it must be quick. After a
  ///   start it is told what the log holds
  /// @throws CompletionException if it does not start within a minute; the process should end then,
  ///   since a member that has half started counts as alive for the others
  public static RaftGroup start(RaftSettings settings, Consumer<OwnershipView> follower) {
    RaftGroup group = new RaftGroup(settings, follower);
    try {
      group.start();
      return group;
    } catch (RuntimeException e) {
      group.close();
      throw e;
    }
  }

  private void start() {
    long millis = START_TIMEOUT.toMillis();
    cluster.start().orTimeout(millis, TimeUnit.MILLISECONDS).join();
    server.addRoleChangeListener(role -> sessions.execute(() -> follow(role)));
    server.bootstrap(voters()).orTimeout(millis, TimeUnit.MILLISECONDS).join();
  }

  private static AtomixCluster cluster(RaftSettings settings) {
    RaftSettings.Endpoint own = settings.endpoint();
    List<Node> seeds =
        settings.voters().entrySet().stream()
            .map(voter ->
                Node.builder()
                    .withId(voter.getKey().value())
                    .withAddress(Address.from(voter.getValue().host(), voter.getValue().port()))
                    .build())
            .toList();
    return AtomixCluster.builder()
        .withClusterId(settings.clusterId())
        .withMemberId(settings.node().value())
        .withAddress(Address.from(own.host(), own.port()))
        .withMessagingInterface(own.host())
        .withMessagingPort(own.port())
        .withMulticastEnabled(false)
        .withMembershipProvider(new BootstrapDiscoveryProvider(seeds))
        .withMembershipProtocol(
            HeartbeatMembershipProtocol.builder()
                .withHeartbeatInterval(MEMBER_INTERVAL)
                .withFailureThreshold(MEMBER_THRESHOLD)
                .withFailureTimeout(MEMBER_TIMEOUT)
                .build())
        .build();
  }

  private RaftServer server() {
    return RaftServer.builder(member(settings.node()))
        .withName(NAME)
        .withMembershipService(cluster.getMembershipService())
        .withProtocol(
            new RaftServerCommunicator(
                NAME,
                Serializer.using(RaftNamespaces.RAFT_PROTOCOL),
                cluster.getCommunicationService()))
        .withPrimitiveTypes(new OneType(type))
        .withElectionTimeout(settings.electionTimeout())
        .withHeartbeatInterval(settings.heartbeatInterval())
        .withSessionTimeout(SESSION_TIMEOUT_MAX)
        .withStorage(
            RaftStorage.builder()
                .withPrefix(NAME)
                .withDirectory(settings.directory().toFile())
                .withStorageLevel(StorageLevel.DISK)
                .withNamespace(RaftNamespaces.RAFT_STORAGE)
                .withMaxSegmentSize(SEGMENT_BYTES)
                .withMaxEntrySize(ENTRY_BYTES)
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
    return settings.voters().keySet().stream().map(RaftGroup::member).toList();
  }

  private static MemberId member(NodeId node) {
    return MemberId.from(node.value());
  }

  private void follow(RaftServer.Role role) {
    log.atInfo().addKeyValue("role", role).log("raft role changed");
    Leadership before = leadership;
    leadership = null;
    if (before != null) {
      before.close();
    }
    while (role == RaftServer.Role.LEADER && leadership == null && server.isLeader() && !closed) {
      try {
        leadership = lead();
      } catch (CompletionException e) {
        // a new leader refuses sessions until its first entry is committed
        log.atDebug().setCause(e).log("leads, but has no session with its own server yet");
        LockSupport.parkNanos(SESSION_PAUSE.toNanos());
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
                    NAME,
                    Serializer.using(RaftNamespaces.RAFT_PROTOCOL),
                    cluster.getCommunicationService()))
            .build();
    SessionClient session =
        client
            .sessionBuilder(NAME, type, new ServiceConfig())
            .withMinTimeout(SESSION_TIMEOUT_MIN)
            .withMaxTimeout(SESSION_TIMEOUT_MAX)
            .withRecoveryStrategy(Recovery.CLOSE)
            .withCommunicationStrategy(CommunicationStrategy.ANY)
            .build();
    client
        .connect(own)
        .thenCompose(_ -> session.connect())
        .orTimeout(SESSION_TIMEOUT_MAX.toMillis(), TimeUnit.MILLISECONDS)
        .join();
    return new Leadership(client, session);
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
        .handle((_, e) -> e)
        .thenCompose(_ -> cluster.stop())
        .completeOnTimeout(null, STOP_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS)
        .join();
    sessions.shutdown();
  }
}
