package io.querator.cluster;

import io.querator.storage.PartitionKey;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/// Who owns a partition.
///
/// @param queue equal for the partitions of one queue
/// @param owner null if it is [State#FREE]
/// @param incarnation of the owner's process
/// @param version of the decision that made it the owner; rises within a generation
/// @param epoch the highest that was heard of
/// @param next who gets it once its owner has let go, if it is [State#RELEASING]
/// @param since when it came into this state, in milliseconds of the table's own time
public record Ownership(
    PartitionKey key,
    long queue,
    State state,
    @Nullable NodeId owner,
    @Nullable UUID incarnation,
    long version,
    long epoch,
    @Nullable NodeId next,
    long since)
    implements Balancer.Placed {
  /// How far an ownership has come.
  public enum State {
    /// Nobody owns it, and nobody could.
    FREE,
    /// Its owner is to open it.
    ASSIGNED,
    /// Its owner has opened it.
    SERVING,
    /// Its owner is to let it go.
    RELEASING
  }

  static Ownership free(PartitionKey key, long queue, long epoch, long now) {
    return new Ownership(key, queue, State.FREE, null, null, 0, epoch, null, now);
  }

  Ownership freed(long now) {
    return free(key, queue, epoch, now);
  }

  Ownership assigned(Member to, long byVersion, long now) {
    return new Ownership(
        key, queue, State.ASSIGNED, to.id(), to.incarnation(), byVersion, epoch, null, now);
  }

  Ownership releasing(NodeId to, long now) {
    long from = state == State.RELEASING ? since : now;
    return new Ownership(key, queue, State.RELEASING, owner, incarnation, version, epoch, to, from);
  }

  /// Its owner says that it serves it.
  Ownership opened(long at, long now) {
    boolean begins = state == State.ASSIGNED;
    return new Ownership(
        key,
        queue,
        begins ? State.SERVING : state,
        owner,
        incarnation,
        version,
        Math.max(epoch, at),
        next,
        begins ? now : since);
  }

  Ownership seen(long at) {
    return new Ownership(
        key, queue, state, owner, incarnation, version, Math.max(epoch, at), next, since);
  }

  public boolean isOf(NodeId node, UUID process) {
    return node.equals(owner) && process.equals(incarnation);
  }

  /// Who has it, or will have it.
  @Override
  public @Nullable NodeId home() {
    return state == State.RELEASING ? next : owner;
  }
}
