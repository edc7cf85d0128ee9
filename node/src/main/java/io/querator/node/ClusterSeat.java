package io.querator.node;

import io.querator.client.Outcome;
import io.querator.client.ReplyCode;
import io.querator.cluster.Member;
import io.querator.cluster.NodeId;
import io.querator.cluster.OwnershipTable;
import io.querator.cluster.OwnershipView;
import io.querator.cluster.link.PeerException;
import io.querator.cluster.member.ClusterMember;
import io.querator.cluster.member.MemberSettings;
import io.querator.cluster.member.OwnershipHost;
import io.querator.node.api.Api;
import io.querator.node.api.Forwarding;
import io.querator.node.config.ClusterSettings;
import io.querator.node.config.HostPort;
import io.querator.node.config.NodeSettings;
import io.querator.node.config.Secret;
import io.querator.node.config.Seeds;
import io.querator.node.health.NodeState;
import io.querator.node.http.CallHandlers;
import io.querator.node.http.CallObserver;
import io.querator.node.http.Caller;
import io.querator.node.http.HttpApi;
import io.querator.node.http.HttpServer;
import io.querator.node.http.MessageHandler;
import io.querator.node.http.ReplyException;
import io.querator.node.peer.PeerAuthenticator;
import io.querator.node.peer.PeerClient;
import io.querator.node.peer.QueuePeers;
import io.querator.node.peer.QueueServer;
import io.querator.node.service.NodeService;
import io.querator.node.service.Seat;
import io.querator.node.service.ServedQueue;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/// This process among the others: the listener for them, the client to them, and the member.
///
/// A node without seeds is a cluster of one, and takes the same way.
final class ClusterSeat implements AutoCloseable {
  /// What this program can do, as far as other nodes must know.
  static final int FEATURE_LEVEL = Integer.getInteger("querator.feature-level", 2);

  private static final int SECRET_BYTES = 32;
  private static final HostPort LOOPBACK = new HostPort("127.0.0.1", 0);

  private final NodeSettings settings;
  private final NodeId node;
  private final RaftFolder folder;
  private final UUID incarnation = UUID.randomUUID();
  private final Map<NodeId, HostPort> seeds = new HashMap<>();
  private final PeerClient client;
  private final Forwarding forwarding;
  private final QueuePeers peers;
  private final HttpServer server;
  private final String peerAddress;
  private final String apiAddress;
  private volatile @Nullable ClusterMember member;
  private volatile @Nullable NodeService service;
  private volatile @Nullable QueueServer queues;

  /// Listens to other nodes from now on, and tells them to wait.
  ///
  /// @param state whether calls are served
  /// @param apiPort where this node listens to clients
  /// @throws StartException if it cannot listen, or the secret cannot be read
  ClusterSeat(
      NodeSettings settings,
      InstantSource clock,
      NodeState state,
      int apiPort,
      Forwarding.ForwardObserver observer) {
    this.settings = settings;
    ClusterSettings cluster = settings.cluster();
    node = new NodeId(Services.owner(settings));
    folder = new RaftFolder(settings.data(), WallClock.system());
    Seeds given = cluster.seeds();
    if (given != null) {
      given.addresses().forEach((name, address) -> seeds.put(new NodeId(name), address));
    }
    byte[] secret = secret(cluster);
    int callsMax = FileDescriptors.TO_NODES.connectionsMax(PeerClient.CALLS_MAX);
    client = new PeerClient(node, secret, WallClock.system(), this::address, callsMax);
    forwarding = Forwarding.by(client, observer);
    peers = new QueuePeers(node, client, clock, this::view, this::find, ready -> learn(ready));
    server =
        Listener.start(
            settings,
            listen(cluster),
            "cluster.listen",
            FileDescriptors.FROM_NODES,
            new HttpApi(
                CallHandlers.builder().build(),
                Map.of(),
                messages(),
                new Gate(state, new PeerAuthenticator(node, secret, WallClock.system()), true),
                CallObserver.NONE));
    peerAddress = peerAddress(cluster);
    HostPort api = cluster.apiAddress();
    apiAddress = (api == null ? reachable(settings.listen().at(apiPort)) : api).toString();
  }

  private HostPort listen(ClusterSettings cluster) {
    HostPort listen = cluster.listen();
    return listen != null ? listen : seeds.getOrDefault(node, LOOPBACK);
  }

  private String peerAddress(ClusterSettings cluster) {
    HostPort address = cluster.address();
    HostPort seed = seeds.get(node);
    if (address != null) {
      return address.toString();
    }
    return seed != null ? seed.toString() : reachable(listen(cluster).at(server.port())).toString();
  }

  /// An address of all interfaces is none that others can connect to: this machine's name may be.
  private HostPort reachable(HostPort listen) {
    return listen.isAny() ? new HostPort(Services.hostName(), listen.port()) : listen;
  }

  private static byte[] secret(ClusterSettings cluster) {
    Secret secret = cluster.secret();
    Path file = cluster.secretFile();
    if (secret != null) {
      return secret.reveal().getBytes(StandardCharsets.UTF_8);
    }
    if (file != null) {
      try {
        return Files.readString(file).strip().getBytes(StandardCharsets.UTF_8);
      } catch (IOException e) {
        throw new StartException("cannot read cluster.secret-file " + file + ": " + e, e);
      }
    }
    byte[] random = new byte[SECRET_BYTES];
    new SecureRandom().nextBytes(random);
    return random;
  }

  /// Where a node is reached: as it is configured here, so that it can be another way for each
  /// node, else as that node says.
  private Optional<String> address(NodeId other) {
    HostPort seed = seeds.get(other);
    if (seed != null) {
      return Optional.of(seed.toString());
    }
    return view().members().stream()
        .filter(one -> one.id().equals(other))
        .map(Member::peer)
        .findFirst();
  }

  private OwnershipView view() {
    ClusterMember joined = member;
    return joined == null ? new OwnershipTable().view() : joined.view();
  }

  private @Nullable ServedQueue find(String queue) {
    NodeService serving = service;
    return serving == null ? null : serving.queues().find(queue);
  }

  private void learn(QueuePeers.Ready ready) {
    NodeService serving = service;
    if (serving != null) {
      serving.learn(ready.queue(), ready.partition(), ready.waiting(), ready.headPlacedAt());
    }
  }

  private Map<String, MessageHandler> messages() {
    Map<String, MessageHandler> messages = new HashMap<>();
    for (String subject : subjects()) {
      messages.put(
          PeerClient.MESSAGES + subject, (caller, message) -> answer(caller, subject, message));
    }
    return messages;
  }

  private static Set<String> subjects() {
    Set<String> subjects = new HashSet<>(ClusterMember.subjects());
    subjects.addAll(QueueServer.subjects());
    return subjects;
  }

  private byte[] answer(Caller caller, String subject, byte[] message) {
    ClusterMember joined = member;
    QueueServer serving = queues;
    NodeId from = new NodeId(caller.name());
    try {
      if (subject.startsWith(QueueServer.SUBJECTS)) {
        if (serving == null) {
          throw notYet();
        }
        return serving.answer(from, subject, message);
      }
      if (joined == null) {
        throw notYet();
      }
      return joined.answer(from, subject, message);
    } catch (PeerException e) {
      throw ReplyException.retry(
          String.valueOf(e.getMessage()),
          e.kind() == PeerException.Kind.UNKNOWN ? Outcome.UNKNOWN : Outcome.NOT_EXECUTED);
    } catch (IllegalArgumentException e) {
      throw new ReplyException(ReplyCode.BAD_REQUEST, String.valueOf(e.getMessage()));
    }
  }

  private static ReplyException notYet() {
    return ReplyException.retry("the node is not there yet", Outcome.NOT_EXECUTED);
  }

  /// The place that the service takes.
  Seat seat() {
    return new Seat(node, incarnation, peers, this::join);
  }

  private ClusterMember join(OwnershipHost host) {
    folder.lock();
    ClusterMember joined = open(host);
    member = joined;
    return joined;
  }

  private ClusterMember open(OwnershipHost host) {
    try {
      return member(host);
    } catch (RuntimeException e) {
      // not where the disk is full, or the folder closed to us: that is no damage
      if (!isOfTheFileSystem(e) && folder.putAside(e)) {
        return member(host);
      }
      throw new StartException("cannot open the ownership table in " + folder.path() + ": " + e, e);
    }
  }

  private static boolean isOfTheFileSystem(@Nullable Throwable failure) {
    return failure != null
        && (failure instanceof IOException || isOfTheFileSystem(failure.getCause()));
  }

  private ClusterMember member(OwnershipHost host) {
    return new ClusterMember(
        new MemberSettings(
            node,
            incarnation,
            apiAddress,
            peerAddress,
            seeds.isEmpty() ? Set.of(node) : seeds.keySet(),
            folder.path(),
            settings.cluster().lease(),
            settings.cluster().electionTimeout(),
            FEATURE_LEVEL,
            NodeVersion.text()),
        client,
        host);
  }

  /// Votes, and answers the others' questions about queues.
  ///
  /// @return completes when this node has found the others
  CompletableFuture<?> vote(NodeService opened) {
    service = opened;
    queues = new QueueServer(opened, peers);
    return member().vote();
  }

  /// Serves what other nodes pass on.
  CallHandlers serve(NodeService opened) {
    CallHandlers handlers = Api.handlers(opened, forwarding);
    server.serve(handlers);
    return handlers;
  }

  ClusterMember member() {
    ClusterMember joined = member;
    if (joined == null) {
      throw new IllegalStateException("has not joined");
    }
    return joined;
  }

  Optional<ClusterMember> joined() {
    return Optional.ofNullable(member);
  }

  NodeId node() {
    return node;
  }

  PeerClient client() {
    return client;
  }

  /// Leaves the others; what they ask is not answered any more.
  @Override
  public void close() {
    ClusterMember joined = member;
    if (joined != null) {
      joined.close();
    }
    peers.close();
    server.close();
    client.close();
    folder.close();
  }
}
