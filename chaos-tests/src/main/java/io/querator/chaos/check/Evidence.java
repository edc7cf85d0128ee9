package io.querator.chaos.check;

import io.querator.chaos.history.Entry;
import io.querator.chaos.history.Result;
import io.querator.chaos.history.Span;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;

/// A history by what the rules ask for. Not changed once it is made.
final class Evidence {
  /// So long what waited for a fault to end may still arrive.
  private static final long AFTER_NANOS = 2_000_000_000L;

  private final Map<String, Entry.Queue> queues = new HashMap<>();
  private final Map<String, Item> items = new LinkedHashMap<>();
  private final List<Entry.Produce> produces = new ArrayList<>();
  private final List<Entry.Lease> leases = new ArrayList<>();
  private final List<Entry.Rest> rests = new ArrayList<>();
  private final List<Entry.Owner> owners = new ArrayList<>();
  private final List<Entry.Fenced> fenced = new ArrayList<>();

  /// Lease calls of which nobody knows what they have leased, by queue.
  private final Map<String, List<Entry.Lease>> unknownLeases = new HashMap<>();

  /// What bursts have called, by queue.
  private final Map<String, List<Entry>> bursts = new LinkedHashMap<>();

  private final List<Entry.Fault> faults = new ArrayList<>();
  private final List<Entry.Failover> failovers = new ArrayList<>();
  private boolean clocksMoved;

  static Evidence of(List<Entry> history) {
    Evidence evidence = new Evidence();
    history.forEach(evidence::take);
    evidence.rests.forEach(evidence::takeRest);
    return evidence;
  }

  private void take(Entry entry) {
    switch (entry) {
      case Entry.Setup setup -> clocksMoved = setup.faults().contains("move-clock");
      case Entry.Queue queue -> queues.put(queue.name(), queue);
      case Entry.Produce produce -> {
        if (!burst(produce.queue(), produce)) {
          produces.add(produce);
          produce.payloads().forEach(payload -> item(payload).add(produce));
        }
      }
      case Entry.Lease lease -> {
        if (!burst(lease.queue(), lease)) {
          take(lease);
        }
      }
      case Entry.Complete complete -> {
        if (!burst(complete.queue(), complete)) {
          complete.items().forEach(held -> item(held.payload()).add(complete));
        }
      }
      case Entry.Retry retry -> {
        if (!burst(retry.queue(), retry)) {
          retry.items().forEach(held -> item(held.payload()).add(retry));
        }
      }
      case Entry.Owner owner -> owners.add(owner);
      case Entry.Fenced one -> fenced.add(one);
      case Entry.Rest rest -> rests.add(rest);
      case Entry.Fault fault -> faults.add(fault);
      case Entry.Failover failover -> failovers.add(failover);
    }
  }

  private boolean burst(String queue, Entry entry) {
    boolean burst = queue.startsWith(Entry.BURST);
    if (burst) {
      bursts.computeIfAbsent(queue, _ -> new ArrayList<>()).add(entry);
    }
    return burst;
  }

  private void take(Entry.Lease lease) {
    leases.add(lease);
    lease.items().forEach(leased -> item(leased.payload()).add(new Item.Delivery(lease, leased)));
    if (lease.result() == Result.UNKNOWN) {
      unknownLeases.computeIfAbsent(lease.queue(), _ -> new ArrayList<>()).add(lease);
    }
  }

  /// The last of a partition counts.
  private void takeRest(Entry.Rest rest) {
    if (rest == last(rest)) {
      rest.waiting().forEach(payload -> item(payload).add(rest));
      rest.due().forEach(payload -> item(payload).add(rest));
    }
  }

  private Entry.Rest last(Entry.Rest rest) {
    return rests.stream()
        .filter(other -> other.queue().equals(rest.queue()))
        .filter(other -> other.partition() == rest.partition())
        .reduce((_, second) -> second)
        .orElseThrow();
  }

  private Item item(String payload) {
    return items.computeIfAbsent(payload, Item::new);
  }

  /// @throws IllegalStateException if the history does not tell of it
  Entry.Queue queue(String name) {
    Entry.Queue queue = queues.get(name);
    if (queue == null) {
      throw new IllegalStateException("a queue that nobody has made: " + name);
    }
    return queue;
  }

  List<Item> items() {
    return List.copyOf(items.values());
  }

  Item itemOf(String payload) {
    return Objects.requireNonNull(items.get(payload), payload);
  }

  List<Entry.Produce> produces() {
    return produces;
  }

  List<Entry.Lease> leases() {
    return leases;
  }

  List<Entry.Rest> rests() {
    return rests;
  }

  List<Entry.Owner> owners() {
    return owners;
  }

  List<Entry.Fenced> fenced() {
    return fenced;
  }

  Map<String, List<Entry>> bursts() {
    return bursts;
  }

  /// How many lease calls may have leased something between two moments without anybody knowing.
  long unknownLeases(String queue, long from, long to) {
    return unknownLeases.getOrDefault(queue, List.of()).stream()
        .filter(lease -> lease.span().end() >= from && lease.span().start() <= to)
        .count();
  }

  /// Whether something was broken between two moments, or had been shortly before.
  boolean disturbed(long from, long to) {
    return faults.stream()
        .filter(fault -> !fault.planned())
        .anyMatch(fault -> overlaps(fault.span(), from, to));
  }

  /// Whether the cluster took the partitions of a node that had not said that it leaves, between
  /// two moments or shortly before.
  boolean failedOver(String node, long from, long to) {
    return failovers.stream()
        .filter(failover -> failover.node().equals(node))
        .filter(failover -> !failover.cause().equals(Entry.Failover.LEFT))
        .anyMatch(failover -> overlaps(failover.span(), from, to));
  }

  private static boolean overlaps(Span span, long from, long to) {
    return span.start() <= to && span.end() + AFTER_NANOS >= from;
  }

  /// Whether nodes had wrong clocks, so that moments in answers mean nothing.
  boolean clocksMoved() {
    return clocksMoved;
  }

  static <T, K> Map<K, List<T>> by(List<T> list, Function<T, K> key) {
    Map<K, List<T>> groups = new LinkedHashMap<>();
    list.forEach(one -> groups.computeIfAbsent(key.apply(one), _ -> new ArrayList<>()).add(one));
    return groups;
  }
}
