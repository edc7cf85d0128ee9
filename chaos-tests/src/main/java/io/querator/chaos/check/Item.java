package io.querator.chaos.check;

import io.querator.chaos.history.Entry;
import io.querator.chaos.history.Result;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/// Everything that a history tells of one payload, by time. Built by one thread.
final class Item {
  private final String payload;
  private final List<Entry.Produce> produces = new ArrayList<>();
  private final List<Delivery> deliveries = new ArrayList<>();
  private final List<Entry.Complete> completes = new ArrayList<>();
  private final List<Entry.Retry> retries = new ArrayList<>();

  /// Where it was in the end.
  private final List<Entry.Rest> rests = new ArrayList<>();

  /// An answer that leased the item.
  record Delivery(Entry.Lease call, Entry.Leased item) {
    String queue() {
      return call.queue();
    }
  }

  Item(String payload) {
    this.payload = payload;
  }

  void add(Entry.Produce produce) {
    produces.add(produce);
  }

  void add(Delivery delivery) {
    deliveries.add(delivery);
  }

  void add(Entry.Complete complete) {
    completes.add(complete);
  }

  void add(Entry.Retry retry) {
    retries.add(retry);
  }

  void add(Entry.Rest rest) {
    rests.add(rest);
  }

  String payload() {
    return payload;
  }

  List<Entry.Produce> produces() {
    return produces;
  }

  List<Entry.Complete> completes() {
    return completes;
  }

  List<Entry.Retry> retries() {
    return retries;
  }

  List<Entry.Rest> rests() {
    return rests;
  }

  /// Those of a queue, by attempts.
  List<Delivery> deliveries(String queue) {
    return deliveries.stream()
        .filter(delivery -> delivery.queue().equals(queue))
        .sorted(Comparator.comparingInt(delivery -> delivery.item().attempts()))
        .toList();
  }

  List<Delivery> deliveries() {
    return deliveries;
  }

  boolean seen() {
    return !deliveries.isEmpty() || !rests.isEmpty();
  }

  boolean produced(Result result) {
    return produces.stream().anyMatch(produce -> produce.result() == result);
  }

  boolean completed(Result result) {
    return completes.stream().anyMatch(complete -> complete.result() == result);
  }

  /// What is to be shown of it, by time.
  List<Entry> evidence() {
    List<Entry> evidence = new ArrayList<>(produces);
    deliveries.forEach(delivery -> evidence.add(delivery.call()));
    evidence.addAll(completes);
    evidence.addAll(retries);
    evidence.addAll(rests);
    evidence.sort(Comparator.comparingLong(Item::start));
    return evidence;
  }

  private static long start(Entry entry) {
    return switch (entry) {
      case Entry.Produce produce -> produce.span().start();
      case Entry.Lease lease -> lease.span().start();
      case Entry.Complete complete -> complete.span().start();
      case Entry.Retry retry -> retry.span().start();
      case Entry.Fault fault -> fault.span().start();
      case Entry.Failover failover -> failover.span().start();
      case Entry.Owner owner -> owner.at();
      case Entry.Fenced fenced -> fenced.at();
      case Entry.Rest _ -> Long.MAX_VALUE;
      case Entry.Setup _, Entry.Queue _ -> 0;
    };
  }
}
