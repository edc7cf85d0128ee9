package io.querator.cluster;

import io.querator.storage.PartitionKey;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// Who should own which partition: a pure function.
///
/// The counts of eligible nodes differ by at most one, and no other plan of that kind moves fewer
/// partitions. Where that leaves a choice, the partitions of one queue are spread over nodes; where
/// that leaves one too, the highest score of node and partition decides (rendezvous hashing, Thaler
/// and Ravishankar 1998), so that equal inputs give equal plans.
final class Balancer {
  private Balancer() {}

  /// A partition to be placed.
  interface Placed {
    PartitionKey key();

    /// Equal for the partitions of one queue.
    long queue();

    /// Who has it now; null: nobody, or somebody who is not eligible.
    @Nullable NodeId home();
  }

  /// The new owners of all partitions that shall not stay where they are.
  ///
  /// @param eligible who may own partitions; if empty, nothing moves
  static SortedMap<PartitionKey, NodeId> moves(
      SortedSet<NodeId> eligible, Collection<? extends Placed> partitions) {
    if (eligible.isEmpty()) {
      return new TreeMap<>();
    }
    return new Plan(eligible, partitions).moves();
  }

  /// What one node has, and may have.
  private static final class Share {
    final NodeId node;
    final long hash;
    final List<Placed> kept = new ArrayList<>();

    /// Of those queues that have homeless partitions.
    final Map<Long, Integer> ofQueue = new HashMap<>();

    int quota;

    Share(NodeId node) {
      this.node = node;
      hash = hash(node);
    }

    void take(Placed partition) {
      kept.add(partition);
      ofQueue.merge(partition.queue(), 1, Integer::sum);
    }

    void count(Set<Long> queues) {
      for (Placed partition : kept) {
        if (queues.contains(partition.queue())) {
          ofQueue.merge(partition.queue(), 1, Integer::sum);
        }
      }
    }

    int ofQueue(Placed partition) {
      return ofQueue.getOrDefault(partition.queue(), 0);
    }

    boolean hasRoom() {
      return kept.size() < quota;
    }
  }

  private static final class Plan {
    private final List<Share> shares;
    private final List<Placed> homeless = new ArrayList<>();

    Plan(SortedSet<NodeId> eligible, Collection<? extends Placed> partitions) {
      Map<NodeId, Share> byNode = new LinkedHashMap<>();
      eligible.forEach(node -> byNode.put(node, new Share(node)));
      shares = new ArrayList<>(byNode.values());
      for (Placed partition : partitions) {
        Share home = partition.home() == null ? null : byNode.get(partition.home());
        if (home == null) {
          homeless.add(partition);
        } else {
          home.kept.add(partition);
        }
      }
      giveQuotas(partitions.size());
    }

    /// Whoever has most may keep one more: no other way moves fewer.
    private void giveQuotas(int partitions) {
      int each = partitions / shares.size();
      int rest = partitions % shares.size();
      List<Share> most = new ArrayList<>(shares);
      most.sort(Comparator.comparingInt((Share share) -> share.kept.size()).reversed());
      for (int i = 0; i < most.size(); i++) {
        most.get(i).quota = i < rest ? each + 1 : each;
      }
    }

    SortedMap<PartitionKey, NodeId> moves() {
      shares.forEach(this::giveUp);
      homeless.sort(Comparator.comparing(Placed::key));
      Set<Long> queues = homeless.stream().map(Placed::queue).collect(Collectors.toSet());
      shares.forEach(share -> share.count(queues));
      SortedMap<PartitionKey, NodeId> moves = new TreeMap<>();
      for (Placed partition : homeless) {
        Share best = best(partition);
        best.take(partition);
        moves.put(partition.key(), best.node);
      }
      return moves;
    }

    /// Gives up what is over the quota: of the queue that has most partitions here, the one with
    /// the lowest score.
    private void giveUp(Share share) {
      if (share.kept.size() <= share.quota) {
        return;
      }
      PriorityQueue<List<Placed>> queues =
          new PriorityQueue<>(
              Comparator.comparingInt((List<Placed> queue) -> -queue.size())
                  .thenComparingLong(queue -> score(share, queue.getLast())));
      queues.addAll(byQueue(share));
      int more = share.kept.size() - share.quota;
      for (int i = 0; i < more; i++) {
        List<Placed> most = queues.remove();
        homeless.add(most.removeLast());
        if (!most.isEmpty()) {
          queues.add(most);
        }
      }
      share.kept.clear();
      queues.forEach(share.kept::addAll);
    }

    /// The partitions of each queue, the highest score first.
    private static Collection<List<Placed>> byQueue(Share share) {
      Map<Long, List<Placed>> queues = new TreeMap<>();
      share.kept.stream()
          .sorted(
              Comparator.comparingLong((Placed partition) -> score(share, partition)).reversed())
          .forEach(partition ->
              queues.computeIfAbsent(partition.queue(), _ -> new ArrayList<>()).add(partition));
      return queues.values();
    }

    private Share best(Placed partition) {
      Share best = null;
      for (Share share : shares) {
        if (share.hasRoom() && (best == null || isBetter(share, best, partition))) {
          best = share;
        }
      }
      if (best == null) {
        throw new IllegalStateException("the quotas do not hold all partitions");
      }
      return best;
    }

    private static boolean isBetter(Share share, Share than, Placed partition) {
      int fewer = than.ofQueue(partition) - share.ofQueue(partition);
      return fewer > 0 || (fewer == 0 && score(share, partition) > score(than, partition));
    }
  }

  private static long score(Share share, Placed partition) {
    return mix(share.hash ^ mix(partition.key().bits()));
  }

  /// FNV-1a of the name.
  private static long hash(NodeId node) {
    long hash = 0xcbf29ce484222325L;
    for (int i = 0; i < node.value().length(); i++) {
      hash = (hash ^ node.value().charAt(i)) * 0x100000001b3L;
    }
    return hash;
  }

  /// The finalizer of SplitMix64 (Steele, Lea and Flood 2014).
  private static long mix(long bits) {
    long mixed = (bits ^ (bits >>> 30)) * 0xbf58476d1ce4e5b9L;
    mixed = (mixed ^ (mixed >>> 27)) * 0x94d049bb133111ebL;
    return mixed ^ (mixed >>> 31);
  }
}
