package io.querator.chaos.history;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// A line of a history: what clients called and were answered, what was broken, who was seen to own
/// what, and what was there in the end.
///
/// A payload is a text that no other item has; repeats under an idempotency key send it again,
/// repeats without one send another. So a payload is at most one item of a queue, and one of its
/// dead queue at another time.
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "type")
@JsonSubTypes({
  @JsonSubTypes.Type(value = Entry.Setup.class, name = "setup"),
  @JsonSubTypes.Type(value = Entry.Queue.class, name = "queue"),
  @JsonSubTypes.Type(value = Entry.Produce.class, name = "produce"),
  @JsonSubTypes.Type(value = Entry.Lease.class, name = "lease"),
  @JsonSubTypes.Type(value = Entry.Complete.class, name = "complete"),
  @JsonSubTypes.Type(value = Entry.Retry.class, name = "retry"),
  @JsonSubTypes.Type(value = Entry.Fault.class, name = "fault"),
  @JsonSubTypes.Type(value = Entry.Owner.class, name = "owner"),
  @JsonSubTypes.Type(value = Entry.Fenced.class, name = "fenced"),
  @JsonSubTypes.Type(value = Entry.Failover.class, name = "failover"),
  @JsonSubTypes.Type(value = Entry.Rest.class, name = "rest"),
})
public sealed interface Entry {
  /// What the names of queues begin with that are only written to, to see when they do not serve.
  String PROBE = "probe-";

  /// What the names of queues begin with whose calls are few enough to find an order for them.
  String BURST = "burst-";

  /// How the run was made; the first line.
  ///
  /// @param storage which database; null in histories of runs that had no choice
  /// @param startedAt in milliseconds since 1970
  record Setup(long seed, int nodes, @Nullable String storage, long startedAt, String faults)
      implements Entry {}

  /// A queue of the run.
  ///
  /// @param deadQueue empty: it has none
  /// @param maxAttempts 0: as many as it takes
  record Queue(String name, int partitions, long leaseMillis, String deadQueue, int maxAttempts)
      implements Entry {}

  /// @param key of idempotency; null: none
  /// @param dueAt in nanoseconds since the run began; 0: at once
  /// @param answer the text of what refused it
  record Produce(
      Span span,
      int client,
      String queue,
      @Nullable String key,
      List<String> payloads,
      long dueAt,
      Result result,
      @Nullable String answer)
      implements Entry {}

  /// @param items what was leased; empty unless the result is OK
  record Lease(
      Span span,
      int client,
      String queue,
      int batch,
      int partition,
      List<Leased> items,
      Result result,
      @Nullable String answer)
      implements Entry {}

  /// @param deadline in milliseconds since 1970, as the client was given it
  record Leased(String payload, String id, int attempts, long deadline) {}

  /// Payload and id of an item, by the lease that the client has or had.
  record Held(String payload, String id) {}

  record Complete(
      Span span,
      int client,
      String queue,
      int partition,
      List<Held> items,
      Result result,
      @Nullable String answer)
      implements Entry {}

  /// @param dueAt in nanoseconds since the run began; 0: at once
  record Retry(
      Span span,
      int client,
      String queue,
      int partition,
      List<Held> items,
      long dueAt,
      boolean dead,
      Result result,
      @Nullable String answer)
      implements Entry {}

  /// Something was broken from the start to the end of the span.
  ///
  /// @param target what it was done to, such as a node
  /// @param planned what operators do: nobody is to suffer from it
  record Fault(Span span, String kind, String target, boolean planned) implements Entry {}

  /// A node told how many of its commits the database has refused since it started, because the
  /// partition had another owner by then.
  record Fenced(long at, String node, long total) implements Entry {}

  /// The cluster took a node's partitions from it.
  ///
  /// @param span from when the node was last heard of, until others served all its partitions
  /// @param cause as `GET /cluster` has it
  record Failover(Span span, String node, String cause) implements Entry {
    /// The cause of a node that had said that it leaves.
    public static final String LEFT = "left";
  }

  /// A node told that a partition is served by an owner.
  record Owner(long at, String seenBy, String key, String owner, long epoch) implements Entry {}

  /// What was in a partition after the last call.
  ///
  /// @param counted whether `queue.stats` could tell how many there are
  /// @param total items as `queue.stats` counts them, scheduled ones not among them
  /// @param scheduled as `queue.stats` counts them
  /// @param waiting payloads of the items that are listed
  /// @param due payloads of the scheduled items that are listed
  record Rest(
      String queue,
      int partition,
      boolean counted,
      int total,
      int scheduled,
      List<String> waiting,
      List<String> due)
      implements Entry {}
}
