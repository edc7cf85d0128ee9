package io.querator.node;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.querator.cluster.Failover;
import io.querator.cluster.Member;
import io.querator.cluster.NodeId;
import io.querator.cluster.Ownership;
import io.querator.cluster.OwnershipView;
import io.querator.cluster.member.ClusterMember;
import io.querator.node.http.Page;
import io.querator.node.service.MissingPartitions;
import io.querator.node.service.Queues;
import io.querator.node.service.ServedQueue;
import io.querator.storage.PartitionKey;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;

/// `GET /cluster`: who owns what, as this node knows it.
final class ClusterPage {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String TYPE = "application/json";
  private static final int OK = 200;
  private static final int STARTING = 503;

  private ClusterPage() {}

  /// Before this node has joined.
  static Page.Content starting() {
    return content(STARTING, JSON.createObjectNode().put("state", "starting"));
  }

  /// @param missing what this node cannot have
  static Page.Content of(ClusterMember member, Queues queues, MissingPartitions missing) {
    OwnershipView view = member.view();
    ObjectNode page =
        JSON.createObjectNode()
            .put("node", member.node().value())
            .put("leader", member.leader().map(NodeId::value).orElse(null))
            .put("generation", view.generation())
            .put("moves", view.moves())
            .put(
                "feature_level",
                view.members().stream().mapToInt(Member::featureLevel).min().orElse(0));
    ObjectNode problems = page.putObject("missing_partitions");
    missing.problems().forEach(problems::put);
    ArrayNode nodes = page.putArray("nodes");
    view.members().forEach(one -> nodes.add(node(one, member, view)));
    long now = member.now();
    ArrayNode failovers = page.putArray("failovers");
    view.failovers().reversed().forEach(one -> failovers.add(failover(one, now)));
    ArrayNode partitions = page.putArray("partitions");
    Map<PartitionKey, ObjectNode> named = named(queues);
    view.partitions().forEach(one -> partitions.add(partition(one, now, named)));
    return content(OK, page);
  }

  private static ObjectNode node(Member member, ClusterMember asked, OwnershipView view) {
    return JSON.createObjectNode()
        .put("name", member.id().value())
        .put("state", view.draining().contains(member.id()) ? "draining" : "active")
        .put("raft_role", raftRole(member.id(), asked))
        .put("incarnation", member.incarnation().toString())
        .put("version", member.version())
        .put("api", member.api())
        .put("peer", member.peer())
        .put("storage_reachable", member.storageReachable())
        .put("feature_level", member.featureLevel())
        .put(
            "partitions",
            view.partitions().stream().filter(one -> member.id().equals(one.owner())).count());
  }

  /// Seeds lead or follow; other nodes keep no table.
  private static String raftRole(NodeId node, ClusterMember asked) {
    if (!asked.isVoter(node)) {
      return "none";
    }
    return asked.leader().filter(node::equals).isPresent() ? "leader" : "follower";
  }

  private static ObjectNode failover(Failover failover, long now) {
    return JSON.createObjectNode()
        .put("node", failover.node().value())
        .put("cause", failover.cause().name().toLowerCase(Locale.ROOT))
        .put("seconds_ago", seconds(now - failover.since()))
        .put("seconds", seconds(failover.durationMillis(now)))
        .put("partitions", failover.partitions())
        .put("not_served_yet", failover.waiting().size());
  }

  private static double seconds(long millis) {
    return Math.max(0, millis) / 1_000.0;
  }

  private static Map<PartitionKey, ObjectNode> named(Queues queues) {
    Map<PartitionKey, ObjectNode> named = new HashMap<>();
    for (ServedQueue queue : queues.all()) {
      queue
          .partitions()
          .forEach(slot ->
              named.put(
                  slot.key(),
                  JSON.createObjectNode()
                      .put("queue_name", queue.name())
                      .put("partition", slot.index())
                      .put("storage", slot.record().storage())));
    }
    return named;
  }

  private static ObjectNode partition(
      Ownership partition, long now, Map<PartitionKey, ObjectNode> named) {
    ObjectNode name = named.get(partition.key());
    ObjectNode node = name == null ? JSON.createObjectNode() : name;
    NodeId owner = partition.owner();
    NodeId next = partition.next();
    node.put("key", partition.key().toString())
        .put("state", partition.state().name().toLowerCase(Locale.ROOT))
        .put("owner", owner == null ? null : owner.value())
        .put("epoch", partition.epoch())
        .put("seconds_in_state", seconds(now - partition.since()));
    return next == null ? node : node.put("moves_to", next.value());
  }

  private static Page.Content content(int status, ObjectNode page) {
    try {
      return new Page.Content(status, TYPE, JSON.writeValueAsBytes(page));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a tree of texts and numbers", e);
    }
  }
}
