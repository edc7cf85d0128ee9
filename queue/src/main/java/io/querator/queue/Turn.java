package io.querator.queue;

import io.querator.queue.Command.NewItem;
import io.querator.queue.Command.Produced;
import io.querator.queue.Command.RetryItem;
import io.querator.storage.ItemContent;
import io.querator.storage.ItemHead;
import io.querator.storage.KeyEntry;
import io.querator.storage.KeyHash;
import io.querator.storage.LowWater;
import io.querator.storage.Move;
import io.querator.storage.Position;
import io.querator.storage.StoredItem;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// The decisions of one turn: a function of memory, commands and one moment, without I/O. Owned by
/// the partition loop.
///
/// Memory is changed as decisions are made and is thrown away if they cannot be committed. Replies
/// are kept back until then.
final class Turn {
  /// Earlier than this from now is now.
  private static final long IMMEDIATE_MICROS = 100_000;

  /// A lease lives this much longer than its deadline says: an answer takes time to arrive.
  static final long LEASE_GRACE_MICROS = 25_000;

  static final long MICROS_PER_MINUTE = 60_000_000;

  /// Kept apart from idempotency keys of the same text.
  private static final char SOURCE_KIND = 's';

  private final PartitionMemory memory;
  private final QueueSettings settings;
  private final Rates rates;
  private final Reads reads;
  private final long now;
  private final int rowsMax;
  private final Changes changes = new Changes();
  private final List<Runnable> replies = new ArrayList<>();

  /// What was read for this turn's commands, before it.
  ///
  /// @param keys those of the commands' keys that are stored
  /// @param heads rows that commands name and memory does not know
  record Reads(Map<KeyHash, KeyEntry> keys, Map<Long, ItemHead> heads) {}

  /// @param now microseconds since 1970
  /// @param rowsMax how many rows the passing of time may change in this turn
  Turn(
      PartitionMemory memory,
      QueueSettings settings,
      Rates rates,
      Reads reads,
      long now,
      int rowsMax) {
    this.memory = memory;
    this.settings = settings;
    this.rates = rates;
    this.reads = reads;
    this.now = now;
    this.rowsMax = rowsMax;
  }

  Changes changes() {
    return changes;
  }

  /// Answers everyone. Only after the commit.
  void release() {
    replies.forEach(Runnable::run);
  }

  void onRelease(Runnable reply) {
    replies.add(reply);
  }

  private <R> void reply(Submission<R> submission, R value) {
    replies.add(() -> submission.done(value));
  }

  // The passing of time

  /// Expires leases and items, wakes what is due, takes back what nobody was given; a bounded
  /// number of rows.
  void letTimePass() {
    endEmptyLeases();
    takeBackAbandoned();
    expireLeases();
    expireWindow();
    wakeDue();
  }

  private int room() {
    return Math.max(0, rowsMax - changes.rows());
  }

  private void endEmptyLeases() {
    memory.emptyLeases.forEach(changes::endLease);
    memory.emptyLeases.clear();
  }

  private void takeBackAbandoned() {
    for (Lease lease : memory.abandoned) {
      for (ItemHead head : memory.leases.held(lease)) {
        releaseLeased(head.position());
        moveToTail(head, head.attempts() - 1);
      }
    }
    memory.abandoned.clear();
  }

  private void expireLeases() {
    if (memory.leases.firstDeadline() > now - LEASE_GRACE_MICROS || room() == 0) {
      return;
    }
    for (ItemHead head : memory.leases.expired(now - LEASE_GRACE_MICROS, room())) {
      rates.leasesExpired++;
      releaseLeased(head.position());
      boolean exhausted = settings.maxAttempts() > 0 && head.attempts() >= settings.maxAttempts();
      if (exhausted || head.expireAt() <= now) {
        bury(head);
      } else {
        moveToTail(head, head.attempts());
      }
    }
  }

  private void expireWindow() {
    if (room() == 0) {
      return;
    }
    for (StoredItem item : memory.window.takeExpired(now, room())) {
      memory.released(item);
      rates.expired++;
      bury(item.head());
    }
  }

  private void wakeDue() {
    for (ItemHead head : memory.schedule.takeDue(now, room())) {
      long to = memory.nextReady();
      memory.appendUnseen();
      changes.move(
          new Move(
              head.position(), to, memory.placedAt(now), ItemHead.READY, head.attempts(), null));
      memory.counters.removeScheduled();
      memory.counters.add(head);
    }
  }

  /// Ready rows that were found expired beyond the window.
  void expireBeyond(List<ItemHead> found) {
    for (ItemHead head : found) {
      boolean beyond = head.position() > memory.windowEnd();
      if (beyond && !memory.leases.holds(head.position()) && !memory.isCleared(head)) {
        rates.expired++;
        memory.touchRange();
        bury(head);
      }
    }
  }

  /// Rows below the low-water mark that nobody holds.
  void removeGarbage(List<ItemHead> found) {
    for (ItemHead head : found) {
      if (!memory.leases.holds(head.position())) {
        changes.remove(head.position());
        forgetSource(head);
      }
    }
  }

  /// Dead items that the dead queue has: their rows go.
  ///
  /// @return the keys that may be forgotten once this turn is durable
  List<KeyHash> removeDelivered(List<ItemHead> delivered) {
    List<KeyHash> keys = new ArrayList<>();
    for (ItemHead head : delivered) {
      if (memory.dead.remove(head.position()) != null) {
        changes.remove(head.position());
        memory.counters.removeScheduled();
        keys.add(DeadItem.key(head.sourceId()));
      }
    }
    return keys;
  }

  /// Deletes dead items, since the queue has no dead queue any more.
  void removeDead(int max) {
    for (ItemHead head : memory.dead.next(Math.min(max, room()))) {
      memory.dead.remove(head.position());
      changes.remove(head.position());
      memory.counters.removeScheduled();
    }
  }

  void lowWater(LowWater mark) {
    changes.lowWater(mark);
  }

  // Fates of an item

  private void releaseLeased(long position) {
    if (position < memory.lowWater().ready() || position > memory.windowEnd()) {
      memory.touchRange();
    }
    Lease ended = memory.leases.release(position);
    if (ended != null) {
      changes.endLease(ended.id);
    }
  }

  /// A ready or leased item, held by nothing in memory any more, takes a new place at the tail.
  private void moveToTail(ItemHead head, int attempts) {
    long to = memory.nextReady();
    memory.appendUnseen();
    changes.move(
        new Move(head.position(), to, memory.placedAt(now), ItemHead.READY, attempts, null));
  }

  /// A ready or leased item, held by nothing in memory any more, goes to the dead queue or away.
  private void bury(ItemHead head) {
    rates.dead++;
    if (settings.deadQueue().isEmpty()) {
      removeReady(head);
      return;
    }
    forgetSource(head);
    String id = ItemId.of(memory.key(), head).toString();
    long to = memory.nextNotReady();
    long placedAt = memory.placedAt(now);
    changes.move(new Move(head.position(), to, placedAt, ItemHead.NEVER, head.attempts(), id));
    memory.counters.remove(head);
    memory.counters.addScheduled();
    memory.dead.add(
        new ItemHead(
            to,
            placedAt,
            head.createdAt(),
            head.expireAt(),
            ItemHead.NEVER,
            head.attempts(),
            0,
            id));
  }

  private void removeReady(ItemHead head) {
    changes.remove(head.position());
    memory.counters.remove(head);
    forgetSource(head);
  }

  private void forgetSource(ItemHead head) {
    if (!head.sourceId().isEmpty()) {
      changes.removeKey(KeyHash.of(SOURCE_KIND, head.sourceId()));
    }
  }

  private void rememberSource(String sourceId, long position) {
    KeyHash hash = KeyHash.of(SOURCE_KIND, sourceId);
    changes.addKey(new KeyEntry(hash, KeyEntry.KEPT, hash, position, 1));
  }

  // Commands

  /// The keys that must be looked up before `command` can be decided.
  static void keysOf(Command<?> command, Set<KeyHash> keys) {
    switch (command) {
      case Command.Produce(_, _, var key) -> {
        if (key != null) {
          keys.add(key.key());
        }
      }
      case Command.Import(var imports, _) ->
          imports.stream()
              .filter(item -> !item.sourceId().isEmpty())
              .forEach(item -> keys.add(KeyHash.of(SOURCE_KIND, item.sourceId())));
      case Command.TakeDead(var dead) ->
          dead.forEach(item -> {
            keys.add(item.key());
            keys.add(item.lateKey());
            keys.add(KeyHash.of(SOURCE_KIND, item.sourceId()));
          });
      case Command.FindKey(var key) -> keys.add(key);
      case Command.Complete _,
          Command.Retry _,
          Command.GiveBack _,
          Command.Clear _,
          Command.ForgetDead _,
          Command.Delete _,
          Command.Describe _,
          Command.Configure _,
          Command.WakeDead _,
          Command.Reload _ -> {}
    }
  }

  /// Decides the command and keeps its reply back.
  @SuppressWarnings("unchecked")
  void decide(Submission<?> submission) {
    switch (submission.command) {
      case Command.Produce produce -> reply((Submission<Produced>) submission, produce(produce));
      case Command.Complete complete ->
          reply((Submission<List<ItemId>>) submission, complete(complete));
      case Command.Retry retry -> reply((Submission<List<ItemId>>) submission, retry(retry));
      case Command.GiveBack(var ids) -> reply((Submission<Boolean>) submission, giveBack(ids));
      case Command.Clear clear -> reply((Submission<Boolean>) submission, clear(clear));
      case Command.Import imported ->
          reply((Submission<List<Optional<ItemHead>>>) submission, imported(imported));
      case Command.TakeDead dead -> reply((Submission<Boolean>) submission, takeDead(dead));
      case Command.ForgetDead(var keys) -> {
        keys.forEach(changes::removeKey);
        reply((Submission<Boolean>) submission, true);
      }
      case Command.Delete delete -> reply((Submission<Boolean>) submission, delete(delete));
      case Command.Describe(var positions) ->
          reply((Submission<Command.Description>) submission, describe(positions));
      case Command.FindKey(var key) ->
          reply((Submission<Optional<KeyEntry>>) submission, Optional.ofNullable(known(key)));
      case Command.Configure _, Command.WakeDead _ -> reply((Submission<Boolean>) submission, true);
      case Command.Reload _ ->
          throw new IllegalStateException("the loop itself reloads, not a turn");
    }
  }

  /// What is known of a key, this turn's decisions included; or null.
  private @Nullable KeyEntry known(KeyHash hash) {
    KeyEntry added = changes.added(hash);
    if (added != null) {
      return added;
    }
    return changes.removes(hash) ? null : reads.keys().get(hash);
  }

  private Produced produce(Command.Produce produce) {
    Command.RequestKey key = produce.key();
    KeyEntry seen = key == null ? null : known(key.key());
    if (key != null && seen != null) {
      return seen.request().equals(key.request()) ? Produced.REPEATED : Produced.KEY_REUSED;
    }
    long createdAt = Math.max(now, produce.arrivedAt());
    long first = 0;
    for (NewItem item : produce.newItems()) {
      long position =
          item.enqueueAt() > now + IMMEDIATE_MICROS
              ? insertScheduled(item, createdAt)
              : insertReady(item.content(), createdAt, createdAt + settings.expireMicros(), "");
      first = first == 0 ? position : first;
    }
    rates.produced += produce.newItems().size();
    if (key != null) {
      int minute = (int) (now / MICROS_PER_MINUTE);
      int count = produce.newItems().size();
      changes.addKey(new KeyEntry(key.key(), minute, key.request(), first, count));
    }
    return Produced.ADDED;
  }

  private long insertReady(ItemContent content, long createdAt, long expireAt, String sourceId) {
    ItemHead head = new ItemHead(0, 0, createdAt, expireAt, ItemHead.READY, 0, 0, sourceId);
    return insertReady(head, content);
  }

  /// Adds a row at the tail; position and place are those of `head` no longer.
  private long insertReady(ItemHead head, ItemContent content) {
    long before = memory.tail();
    StoredItem item = new StoredItem(placed(head, memory.nextReady()), content);
    changes.insert(item);
    memory.append(item, before);
    memory.counters.add(item.head());
    return item.position();
  }

  private ItemHead placed(ItemHead head, long position) {
    return new ItemHead(
        position,
        memory.placedAt(now),
        head.createdAt(),
        head.expireAt(),
        head.dueAt(),
        head.attempts(),
        head.maxAttempts(),
        head.sourceId());
  }

  private long insertScheduled(NewItem item, long createdAt) {
    ItemHead head =
        new ItemHead(
            memory.nextNotReady(),
            memory.placedAt(now),
            createdAt,
            item.enqueueAt() + settings.expireMicros(),
            item.enqueueAt(),
            0,
            0,
            "");
    changes.insert(new StoredItem(head, item.content()));
    memory.schedule.add(head);
    memory.counters.addScheduled();
    return head.position();
  }

  private List<ItemId> complete(Command.Complete complete) {
    List<ItemId> notLeased = complete.ids().stream().filter(id -> !isLeased(id)).toList();
    if (!notLeased.isEmpty()) {
      return notLeased;
    }
    for (ItemId id : new HashSet<>(complete.ids())) {
      ItemHead head = leased(id);
      releaseLeased(head.position());
      removeReady(head);
      rates.completed++;
    }
    return notLeased;
  }

  private boolean isLeased(ItemId id) {
    return id.partition().equals(memory.key()) && memory.leases.find(id) != null;
  }

  private ItemHead leased(ItemId id) {
    ItemHead head = memory.leases.find(id);
    if (head == null) {
      throw new IllegalStateException("not leased: " + id);
    }
    return head;
  }

  private List<ItemId> retry(Command.Retry retry) {
    List<ItemId> notLeased =
        retry.retries().stream().map(RetryItem::id).filter(id -> !isLeased(id)).toList();
    if (!notLeased.isEmpty()) {
      return notLeased;
    }
    Set<ItemId> seen = new HashSet<>();
    for (RetryItem item : retry.retries()) {
      if (seen.add(item.id())) {
        ItemHead head = leased(item.id());
        releaseLeased(head.position());
        retry(head, item);
        rates.retried++;
      }
    }
    return notLeased;
  }

  private void retry(ItemHead head, RetryItem item) {
    if (item.dead()) {
      bury(head);
    } else if (item.retryAt() > now + IMMEDIATE_MICROS) {
      long to = memory.nextNotReady();
      long placedAt = memory.placedAt(now);
      changes.move(new Move(head.position(), to, placedAt, item.retryAt(), head.attempts(), null));
      memory.schedule.add(
          new ItemHead(
              to,
              placedAt,
              head.createdAt(),
              head.expireAt(),
              item.retryAt(),
              head.attempts(),
              head.maxAttempts(),
              head.sourceId()));
      memory.counters.remove(head);
      memory.counters.addScheduled();
    } else {
      moveToTail(head, head.attempts());
    }
  }

  private boolean giveBack(List<ItemId> ids) {
    for (ItemId id : ids) {
      if (isLeased(id)) {
        ItemHead head = leased(id);
        releaseLeased(head.position());
        moveToTail(head, head.attempts() - 1);
      }
    }
    return true;
  }

  private boolean clear(Command.Clear clear) {
    if (clear.ready()) {
      if (clear.leased()) {
        memory.leases.leases().forEach(lease -> changes.endLease(lease.id));
        memory.leases.clear();
      }
      memory.clearReady();
    }
    if (clear.scheduled()) {
      memory.clearNotReady();
    }
    changes.lowWater(memory.lowWater());
    return true;
  }

  private List<Optional<ItemHead>> imported(Command.Import command) {
    long createdAt = Math.max(now, command.arrivedAt());
    List<Optional<ItemHead>> answers = new ArrayList<>(command.imports().size());
    TreeMap<Long, List<ItemHead>> byDeadline = new TreeMap<>();
    for (Command.ImportItem item : command.imports()) {
      if (!item.sourceId().isEmpty() && known(KeyHash.of(SOURCE_KIND, item.sourceId())) != null) {
        answers.add(Optional.empty());
        continue;
      }
      ItemHead head = imported(item, createdAt);
      answers.add(Optional.of(head));
      if (item.leaseDeadline() > now) {
        byDeadline.computeIfAbsent(item.leaseDeadline(), _ -> new ArrayList<>()).add(head);
      }
      if (!item.sourceId().isEmpty()) {
        rememberSource(item.sourceId(), head.position());
      }
    }
    byDeadline.forEach((deadline, heads) -> {
      memory.leases.budget().force(heads.size());
      hold(new Lease(memory.nextLease(), "", deadline, heads));
    });
    return answers;
  }

  private ItemHead imported(Command.ImportItem item, long createdAt) {
    long expireAt =
        item.expireAt() == ItemHead.READY ? createdAt + settings.expireMicros() : item.expireAt();
    ItemHead head =
        new ItemHead(
            0,
            0,
            createdAt,
            expireAt,
            ItemHead.READY,
            item.attempts(),
            item.maxAttempts(),
            item.sourceId());
    if (item.leaseDeadline() <= now) {
      return placed(head, insertReady(head, item.content()));
    }
    long before = memory.tail();
    ItemHead placed = placed(head, memory.nextReady());
    changes.insert(new StoredItem(placed, item.content()));
    memory.appendLeased(placed.position(), before);
    memory.counters.add(placed);
    return placed;
  }

  private boolean takeDead(Command.TakeDead command) {
    long expireAt = now + settings.expireMicros();
    for (DeadItem item : command.dead()) {
      KeyHash key = item.key();
      // under its source id it may have been imported, too
      if (known(key) == null
          && known(item.lateKey()) == null
          && known(KeyHash.of(SOURCE_KIND, item.sourceId())) == null) {
        long position = insertReady(item.content(), now, expireAt, item.sourceId());
        changes.addKey(new KeyEntry(key, KeyEntry.KEPT, key, position, 1));
        int minute = (int) (now / MICROS_PER_MINUTE);
        changes.addKey(new KeyEntry(item.lateKey(), minute, key, position, 1));
        rememberSource(item.sourceId(), position);
      }
    }
    return true;
  }

  private boolean delete(Command.Delete delete) {
    for (ItemId id : delete.ids()) {
      if (id.partition().equals(memory.key())) {
        delete(id);
      }
    }
    return true;
  }

  private void delete(ItemId id) {
    long position = id.position();
    ItemHead leased = memory.leases.find(id);
    if (leased != null) {
      releaseLeased(position);
      removeReady(leased);
      return;
    }
    if (memory.leases.holds(position)) {
      return;
    }
    ItemHead head = unleased(position);
    if (head == null || !id.names(head)) {
      return;
    }
    if (Position.isReady(position)) {
      StoredItem item = memory.window.remove(position);
      if (item == null) {
        memory.touchRange();
      } else {
        memory.released(item);
      }
      removeReady(head);
    } else {
      if (memory.schedule.remove(position) == null && memory.dead.remove(position) == null) {
        memory.touchRange();
      }
      changes.remove(position);
      memory.counters.removeScheduled();
      if (head.dueAt() != ItemHead.NEVER) {
        forgetSource(head);
      }
    }
  }

  /// The item at `position` that is under no lease, from memory or read before; or null.
  private @Nullable ItemHead unleased(long position) {
    StoredItem item = memory.window.get(position);
    if (item != null) {
      return item.head();
    }
    ItemHead head = memory.schedule.get(position);
    if (head == null) {
      head = memory.dead.get(position);
    }
    if (head != null) {
      return head;
    }
    ItemHead read = changes.takes(position) ? null : reads.heads().get(position);
    boolean outside = !Position.isReady(position) || position > memory.windowEnd();
    return read != null && outside && !memory.isCleared(read) ? read : null;
  }

  private Command.Description describe(long[] positions) {
    List<Command.LeaseState> states = new ArrayList<>();
    for (long position : positions) {
      Lease lease = memory.leases.find(position);
      if (lease != null) {
        int attempts = lease.head(position).attempts();
        states.add(new Command.LeaseState(position, lease.deadline, attempts));
      }
    }
    return new Command.Description(memory.lowWater(), states);
  }

  // Leases

  /// Puts `lease`, whose places in the budget are taken, into force.
  void hold(Lease lease) {
    memory.leases.add(lease);
    changes.lease(lease.stored(lease.deadline + memory.clockOffset));
  }

  boolean isExpired(ItemHead head) {
    return head.expireAt() <= now;
  }

  long leaseDeadline() {
    return now + settings.leaseMicros();
  }

  Rates rates() {
    return rates;
  }

  PartitionMemory memory() {
    return memory;
  }
}
