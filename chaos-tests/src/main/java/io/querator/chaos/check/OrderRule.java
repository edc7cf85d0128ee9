package io.querator.chaos.check;

import io.querator.chaos.history.Entry;
import io.querator.chaos.history.Result;
import io.querator.chaos.history.Span;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import java.util.stream.Stream;

/// [Rule#ORDER_IS_KEPT].
final class OrderRule {
  private static final String DIGITS =
      "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  private static final BigInteger BASE = BigInteger.valueOf(DIGITS.length());

  private OrderRule() {}

  /// What a call did with places in a partition.
  private record Places(Span span, long first, long last, Entry call) {}

  static List<Violation> check(Evidence evidence) {
    List<Violation> violations = new ArrayList<>();
    List<Entry.Lease> leased =
        evidence.leases().stream().filter(lease -> !lease.items().isEmpty()).toList();
    Evidence.by(leased, lease -> lease.queue() + " " + lease.partition())
        .forEach((partition, leases) -> {
          List<Places> places = leases.stream().map(OrderRule::places).toList();
          check(places, "leases of " + partition, violations);
        });
    List<Places> produced =
        evidence.produces().stream()
            .filter(produce -> produce.result() == Result.OK && produce.dueAt() == 0)
            .filter(produce -> evidence.queue(produce.queue()).partitions() == 1)
            .filter(produce -> !isRepeated(produce, evidence))
            .filter(produce -> !mayBeGivenBack(produce, evidence))
            .flatMap(produce -> places(produce, evidence))
            .toList();
    Evidence.by(produced, one -> ((Entry.Produce) one.call()).queue())
        .forEach((queue, places) -> check(places, "produces to " + queue, violations));
    return violations;
  }

  private static Places places(Entry.Lease lease) {
    long[] positions =
        lease.items().stream().mapToLong(item -> position(item.id())).sorted().toArray();
    return new Places(lease.span(), positions[0], positions[positions.length - 1], lease);
  }

  /// An item may have got its place by an attempt before the one that was acknowledged.
  private static boolean isRepeated(Entry.Produce produce, Evidence evidence) {
    return evidence.itemOf(produce.payloads().getFirst()).produces().size() > 1;
  }

  /// An item that was leased to a call which had ended is given back, which moves it and counts no
  /// attempt: so the outcome of a call in between is unknown, or something was broken.
  private static boolean mayBeGivenBack(Entry.Produce produce, Evidence evidence) {
    long until =
        produce.payloads().stream()
            .map(evidence::itemOf)
            .flatMap(item -> item.deliveries(produce.queue()).stream().limit(1))
            .mapToLong(delivery -> delivery.call().span().end())
            .max()
            .orElse(produce.span().end());
    long since = produce.span().start();
    return evidence.unknownLeases(produce.queue(), since, until) > 0
        || evidence.disturbed(since, until);
  }

  /// By the items that were leased from their first place.
  private static Stream<Places> places(Entry.Produce produce, Evidence evidence) {
    long[] positions =
        produce.payloads().stream()
            .map(evidence::itemOf)
            .flatMap(item -> item.deliveries(produce.queue()).stream().limit(1))
            .filter(delivery -> delivery.item().attempts() == 1)
            .mapToLong(delivery -> position(delivery.item().id()))
            .sorted()
            .toArray();
    return positions.length == 0
        ? Stream.empty()
        : Stream.of(
            new Places(produce.span(), positions[0], positions[positions.length - 1], produce));
  }

  private static void check(List<Places> calls, String what, List<Violation> violations) {
    List<Places> byStart = new ArrayList<>(calls);
    byStart.sort(Comparator.comparingLong(one -> one.span().start()));
    PriorityQueue<Places> running =
        new PriorityQueue<>(Comparator.comparingLong(one -> one.span().end()));
    Places highest = null;
    for (Places call : byStart) {
      while (!running.isEmpty() && running.element().span().before(call.span())) {
        Places ended = running.remove();
        highest = highest == null || ended.last() > highest.last() ? ended : highest;
      }
      if (highest != null && highest.last() > call.first()) {
        violations.add(
            new Violation(
                Rule.ORDER_IS_KEPT,
                what + ": a place before one of an answer that had ended",
                List.of(highest.call(), call.call())));
      }
      running.add(call);
    }
  }

  /// An id is a KSUID whose last eight bytes are the place in the partition.
  static long position(String id) {
    BigInteger number = BigInteger.ZERO;
    for (char digit : id.toCharArray()) {
      number = number.multiply(BASE).add(BigInteger.valueOf(DIGITS.indexOf(digit)));
    }
    return number.longValue();
  }
}
