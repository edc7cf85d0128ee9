package io.querator.queue;

import static java.util.Objects.requireNonNull;

import io.querator.storage.ItemContent;
import io.querator.storage.ItemHead;
import io.querator.storage.KeyEntry;
import io.querator.storage.KeyHash;
import io.querator.storage.LowWater;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// What a partition can be asked to do. `R` is the value of its [Outcome.Done]. Times are
/// microseconds since 1970.
public sealed interface Command<R> {
  /// How many items it brings or names, at least 1: what the mailbox and a turn count.
  default int items() {
    return 1;
  }

  /// An upper bound of the bytes of content that it brings.
  default long bytes() {
    return 0;
  }

  /// Adds items, in order.
  ///
  /// @param arrivedAt no item is created before
  /// @param key makes the request safe to repeat, or null
  record Produce(List<NewItem> newItems, long arrivedAt, @Nullable RequestKey key)
      implements Command<Produced> {
    public Produce {
      newItems = List.copyOf(newItems);
    }

    @Override
    public int items() {
      return newItems.size();
    }

    @Override
    public long bytes() {
      return newItems.stream().mapToLong(i -> i.content().sizeBytes()).sum();
    }
  }

  /// An item to add.
  ///
  /// @param enqueueAt when it becomes ready, [ItemHead#READY]: at once
  record NewItem(ItemContent content, long enqueueAt) {
    public NewItem {
      requireNonNull(content, "content");
    }
  }

  /// An idempotency key, and what was asked with it.
  record RequestKey(KeyHash key, KeyHash request) {
    public RequestKey {
      requireNonNull(key, "key");
      requireNonNull(request, "request");
    }
  }

  /// What became of a produce.
  enum Produced {
    /// The items were added.
    ADDED,
    /// The same request had added them before.
    REPEATED,
    /// Another request came with this key before; nothing was added.
    KEY_REUSED
  }

  /// Takes leased items away: all, or none if one is not leased.
  record Complete(List<ItemId> ids) implements Command<List<ItemId>> {
    public Complete {
      ids = List.copyOf(ids);
    }

    @Override
    public int items() {
      return ids.size();
    }
  }

  /// Gives leased items back: all, or none if one is not leased.
  record Retry(List<RetryItem> retries) implements Command<List<ItemId>> {
    public Retry {
      retries = List.copyOf(retries);
    }

    @Override
    public int items() {
      return retries.size();
    }
  }

  /// Gives items back whose lease no client was told of: they are ready at once, and the attempt
  /// does not count. Those that are not leased are passed over.
  record GiveBack(List<ItemId> ids) implements Command<Boolean> {
    public GiveBack {
      ids = List.copyOf(ids);
    }

    @Override
    public int items() {
      return Math.max(1, ids.size());
    }
  }

  /// @param retryAt when the item becomes ready again, [ItemHead#READY]: at once
  /// @param dead whether it goes to the dead queue instead
  record RetryItem(ItemId id, long retryAt, boolean dead) {
    public RetryItem {
      requireNonNull(id, "id");
    }
  }

  /// Removes what waits.
  ///
  /// @param ready the ready items
  /// @param scheduled those that are not ready
  /// @param leased the leased items too, with `ready`
  record Clear(boolean ready, boolean scheduled, boolean leased) implements Command<Boolean> {}

  /// Adds items as they were elsewhere.
  record Import(List<ImportItem> imports, long arrivedAt)
      implements Command<List<Optional<ItemHead>>> {
    public Import {
      imports = List.copyOf(imports);
    }

    @Override
    public int items() {
      return imports.size();
    }

    @Override
    public long bytes() {
      return imports.stream().mapToLong(i -> i.content().sizeBytes()).sum();
    }
  }

  /// @param leaseDeadline of a live lease, else [ItemHead#READY]
  /// @param expireAt or [ItemHead#READY]: by the queue's setting
  record ImportItem(
      ItemContent content,
      String sourceId,
      long leaseDeadline,
      long expireAt,
      int attempts,
      int maxAttempts) {
    public ImportItem {
      requireNonNull(content, "content");
      requireNonNull(sourceId, "sourceId");
    }
  }

  /// Takes in dead items of another partition; each once, however often it is sent.
  record TakeDead(List<DeadItem> dead) implements Command<Boolean> {
    public TakeDead {
      dead = List.copyOf(dead);
    }

    @Override
    public int items() {
      return dead.size();
    }

    @Override
    public long bytes() {
      return dead.stream().mapToLong(d -> d.content().sizeBytes()).sum();
    }
  }

  /// Forgets the ids of dead items whose source is gone for certain.
  record ForgetDead(List<KeyHash> keys) implements Command<Boolean> {
    public ForgetDead {
      keys = List.copyOf(keys);
    }
  }

  /// Removes items, leased or not; ids that are not there are ignored.
  record Delete(List<ItemId> ids) implements Command<Boolean> {
    public Delete {
      ids = List.copyOf(ids);
    }

    @Override
    public int items() {
      return ids.size();
    }
  }

  /// Tells which of `positions` are leased.
  record Describe(long[] positions) implements Command<Description> {}

  /// What memory knows that rows do not tell.
  ///
  /// @param lowWater below it, a row that is under no lease is gone
  /// @param leases those of the positions that are leased
  record Description(LowWater lowWater, List<LeaseState> leases) {
    public Description {
      requireNonNull(lowWater, "lowWater");
      leases = List.copyOf(leases);
    }
  }

  /// @param leaseDeadline of the live lease
  /// @param attempts this lease counted
  record LeaseState(long position, long leaseDeadline, int attempts) {}

  /// Looks a key up.
  record FindKey(KeyHash key) implements Command<Optional<KeyEntry>> {
    public FindKey {
      requireNonNull(key, "key");
    }
  }

  /// Follows a change of the queue's definition. Executed before the other commands of its turn.
  record Configure(QueueSettings settings) implements Command<Boolean> {
    public Configure {
      requireNonNull(settings, "settings");
    }
  }

  /// Tries the dead queue again, since it may exist now.
  record WakeDead() implements Command<Boolean> {}

  /// Forgets all memory and reads it again.
  record Reload() implements Command<Boolean> {}
}
