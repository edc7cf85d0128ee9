package io.querator.queue;

import io.querator.queue.Outcome.Reason;
import io.querator.storage.ItemHead;
import io.querator.storage.StoredItem;
import java.util.ArrayList;
import java.util.List;

/// Deals the ready items of a partition to the lease calls that wait. Owned by the partition loop;
/// lives for one turn.
///
/// Where there is enough for everyone, each call gets its items in one run; else they are dealt one
/// at a time, round robin, passing over full calls.
final class Dealer {
  private final WaitingRoom room;
  private final Turn turn;
  private final PartitionMemory memory;
  private final PartitionLimits limits;
  private final int partition;
  private final List<Hand> hands = new ArrayList<>();

  /// What one waiting call gets.
  private static final class Hand {
    private final Waiter waiter;
    private final List<StoredItem> items = new ArrayList<>();
    private long bytes;
    private boolean full;

    private Hand(Waiter waiter) {
      this.waiter = waiter;
    }

    private void take(StoredItem item) {
      items.add(item);
      bytes += item.content().payload().length;
      full = items.size() >= waiter.batchSize;
    }
  }

  Dealer(
      WaitingRoom room, Turn turn, PartitionMemory memory, PartitionLimits limits, int partition) {
    this.room = room;
    this.turn = turn;
    this.memory = memory;
    this.limits = limits;
    this.partition = partition;
  }

  /// Takes waiters from the room and writes their leases into the turn.
  void deal() {
    int ready = Math.min(memory.window.size(), limits.turnItems());
    if (ready == 0) {
      return;
    }
    List<Waiter> reserved = room.reserve(ready, memory.key());
    if (reserved.isEmpty()) {
      return;
    }
    reserved.forEach(waiter -> hands.add(new Hand(waiter)));
    long wanted = reserved.stream().mapToLong(waiter -> waiter.batchSize).sum();
    int places = memory.leases.budget().take((int) Math.min(wanted, ready));
    if (places == 0) {
      reserved.forEach(w -> room.answer(w, new LeaseAnswer.Ended(Reason.OVERLOADED)));
      hands.clear();
      return;
    }
    int dealt = wanted <= places ? dealRuns(places) : dealRoundRobin(places);
    memory.leases.budget().release(places - dealt);
    hands.forEach(this::lease);
  }

  /// Puts everyone back, since the turn was not written.
  void takeBack() {
    room.release(hands.stream().map(hand -> hand.waiter).toList());
  }

  private int dealRuns(int places) {
    int dealt = 0;
    for (Hand hand : hands) {
      while (dealt < places && !hand.full && give(hand)) {
        dealt++;
      }
    }
    return dealt;
  }

  private int dealRoundRobin(int places) {
    int dealt = 0;
    List<Hand> open = new ArrayList<>(hands);
    while (!open.isEmpty() && dealt < places) {
      List<Hand> stillOpen = new ArrayList<>(open.size());
      for (Hand hand : open) {
        if (dealt == places) {
          break;
        }
        if (give(hand)) {
          dealt++;
        }
        if (!hand.full) {
          stillOpen.add(hand);
        }
      }
      open = stillOpen;
    }
    return dealt;
  }

  /// Gives the next item to `hand` if it fits, else marks it full. An expired item waits for the
  /// next turn to bury it, and all behind it wait too.
  private boolean give(Hand hand) {
    StoredItem next = memory.window.peek();
    if (next == null
        || turn.isExpired(next.head())
        || (!hand.items.isEmpty()
            && hand.bytes + next.content().payload().length > limits.leaseBytes())) {
      hand.full = true;
      return false;
    }
    memory.window.poll();
    memory.released(next);
    hand.take(next);
    return true;
  }

  private void lease(Hand hand) {
    if (hand.items.isEmpty()) {
      turn.onRelease(() -> room.release(List.of(hand.waiter)));
      return;
    }
    long deadline = turn.leaseDeadline();
    List<ItemHead> heads = new ArrayList<>(hand.items.size());
    List<LeasedItem> answer = new ArrayList<>(hand.items.size());
    for (StoredItem item : hand.items) {
      ItemHead head = counted(item.head());
      heads.add(head);
      ItemId id = ItemId.of(memory.key(), head);
      answer.add(new LeasedItem(id, head.attempts(), deadline, item.content()));
    }
    Lease lease = new Lease(memory.nextLease(), hand.waiter.clientId, deadline, heads);
    turn.hold(lease);
    turn.rates().leased += heads.size();
    turn.onRelease(() -> {
      if (!room.answer(hand.waiter, new LeaseAnswer.Leased(partition, answer))) {
        memory.abandoned.add(lease);
      }
    });
  }

  private static ItemHead counted(ItemHead head) {
    return new ItemHead(
        head.position(),
        head.placedAt(),
        head.createdAt(),
        head.expireAt(),
        head.dueAt(),
        head.attempts() + 1,
        head.maxAttempts(),
        head.sourceId());
  }
}
