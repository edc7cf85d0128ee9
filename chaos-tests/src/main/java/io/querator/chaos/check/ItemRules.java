package io.querator.chaos.check;

import io.querator.chaos.check.Item.Delivery;
import io.querator.chaos.history.Entry;
import io.querator.chaos.history.Result;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;

/// The rules that are about one item. Used by one thread.
final class ItemRules {
  private static final long NANOS_PER_MILLI = 1_000_000;

  /// The database's clock and the wall clock are read at different moments, and in milliseconds.
  private static final long DUE_SLACK_NANOS = 50 * NANOS_PER_MILLI;

  private final Evidence evidence;
  private final List<Violation> violations = new ArrayList<>();

  /// What the item under way has broken.
  private final Set<Rule> broken = EnumSet.noneOf(Rule.class);

  private ItemRules(Evidence evidence) {
    this.evidence = evidence;
  }

  static List<Violation> check(Evidence evidence) {
    ItemRules rules = new ItemRules(evidence);
    evidence.items().forEach(rules::check);
    return rules.violations;
  }

  private void check(Item item) {
    broken.clear();
    checkOrigin(item);
    checkLost(item);
    checkCompleted(item);
    checkOnce(item);
    checkDue(item);
    List<Delivery> deliveries = byLife(item);
    for (int i = 1; i < deliveries.size(); i++) {
      checkNext(item, deliveries.get(i - 1), deliveries.get(i));
    }
    checkAttempts(item, deliveries);
    checkHolder(item, deliveries);
    checkDead(item);
  }

  /// An item breaks a rule once, since each violation shows its whole history.
  private void broken(Rule rule, Item item, String text) {
    if (broken.add(rule)) {
      violations.add(new Violation(rule, item.payload() + ": " + text, item.evidence()));
    }
  }

  /// The deliveries of its queue, by attempts, and then those of its dead queue.
  private List<Delivery> byLife(Item item) {
    if (item.produces().isEmpty()) {
      return List.of();
    }
    Entry.Queue queue = evidence.queue(item.produces().getFirst().queue());
    List<Delivery> all = new ArrayList<>(item.deliveries(queue.name()));
    if (!queue.deadQueue().isEmpty()) {
      all.addAll(item.deliveries(queue.deadQueue()));
    }
    return all;
  }

  private void checkOrigin(Item item) {
    if (!item.seen()) {
      return;
    }
    if (item.produces().isEmpty()) {
      broken(Rule.NOTHING_COMES_FROM_NOWHERE, item, "nobody has produced it");
    } else if (!item.produced(Result.OK) && !item.produced(Result.UNKNOWN)) {
      broken(Rule.NOTHING_COMES_FROM_NOWHERE, item, "its produce was refused");
    }
  }

  private void checkLost(Item item) {
    boolean must = item.produced(Result.OK) || item.seen();
    boolean gone = item.completed(Result.OK) || item.completed(Result.UNKNOWN);
    if (must && !gone && item.rests().isEmpty()) {
      broken(Rule.NOTHING_IS_LOST, item, "it is not there, and nobody has completed it");
    }
  }

  private void checkCompleted(Item item) {
    for (Entry.Complete complete : item.completes()) {
      if (complete.result() == Result.OK) {
        if (!item.rests().isEmpty()) {
          broken(Rule.COMPLETED_STAYS_COMPLETED, item, "it is there in the end");
        }
        if (any(item.deliveries(), later -> complete.span().before(later.call().span()))) {
          broken(Rule.COMPLETED_STAYS_COMPLETED, item, "it is leased afterwards");
        }
      }
    }
  }

  private void checkOnce(Item item) {
    int places = item.rests().size();
    if (places > 1) {
      broken(Rule.AN_ITEM_IS_THERE_ONCE, item, "it is there " + places + " times in the end");
    }
  }

  private void checkDue(Item item) {
    if (evidence.clocksMoved()) {
      return;
    }
    for (Entry.Produce produce : item.produces()) {
      if (any(item.deliveries(), early -> isBefore(early, produce.dueAt()))) {
        broken(Rule.NOTHING_IS_EARLY, item, "it is leased before it is due");
      }
    }
    for (Entry.Retry retry : item.retries()) {
      if (retry.result() == Result.OK
          && any(
              item.deliveries(),
              early ->
                  retry.span().before(early.call().span()) && isBefore(early, retry.dueAt()))) {
        broken(Rule.NOTHING_IS_EARLY, item, "it is leased before its retry is due");
      }
    }
  }

  private static boolean isBefore(Delivery delivery, long dueAt) {
    return dueAt != 0 && delivery.call().span().end() < dueAt - DUE_SLACK_NANOS;
  }

  /// @param next which can only come when the lease of the other is over
  private void checkNext(Item item, Delivery delivery, Delivery next) {
    if (delivery.queue().equals(next.queue())
        && delivery.item().attempts() == next.item().attempts()) {
      broken(
          Rule.AN_ITEM_IS_THERE_ONCE,
          item,
          "it is leased twice at attempt " + next.item().attempts());
      return;
    }
    boolean retried =
        any(
            item.retries(),
            retry ->
                retry.result() != Result.FAILED
                    && retry.span().start() <= next.call().span().end()
                    && any(retry.items(), held -> held.id().equals(delivery.item().id())));
    if (!retried && next.call().span().end() < runsOutAt(delivery)) {
      broken(
          Rule.ONE_LEASE_AT_A_TIME,
          item,
          "attempt " + next.item().attempts() + " begins while the lease before it lives");
    }
  }

  /// At the earliest.
  private long runsOutAt(Delivery delivery) {
    return delivery.call().span().start()
        + evidence.queue(delivery.queue()).leaseMillis() * NANOS_PER_MILLI;
  }

  private void checkAttempts(Item item, List<Delivery> deliveries) {
    String queue = "";
    int attempts = 0;
    long since = item.produces().isEmpty() ? 0 : item.produces().getFirst().span().start();
    for (Delivery delivery : deliveries) {
      if (!delivery.queue().equals(queue)) {
        queue = delivery.queue();
        attempts = 0;
      }
      int missing = delivery.item().attempts() - 1 - attempts;
      long until = delivery.call().span().end();
      // an answer on its way from one node to another is lost with the link, and nobody is told
      if (missing > evidence.unknownLeases(queue, since, until)
          && !evidence.disturbed(since, until)) {
        broken(
            Rule.ATTEMPTS_ARE_COUNTED,
            item,
            missing
                + " attempts before attempt "
                + delivery.item().attempts()
                + " nobody has seen");
      }
      attempts = delivery.item().attempts();
      since = delivery.call().span().start();
    }
  }

  private void checkHolder(Item item, List<Delivery> deliveries) {
    for (Entry.Complete complete : item.completes()) {
      String id =
          complete.items().stream()
              .filter(held -> held.payload().equals(item.payload()))
              .findFirst()
              .orElseThrow()
              .id();
      int attempt =
          deliveries.stream()
              .filter(delivery -> delivery.item().id().equals(id))
              .mapToInt(deliveries::indexOf)
              .findFirst()
              .orElse(deliveries.size());
      boolean leasedAgain =
          any(
              deliveries.subList(Math.min(attempt + 1, deliveries.size()), deliveries.size()),
              later -> later.call().span().before(complete.span()));
      if (complete.result() == Result.OK && leasedAgain) {
        broken(Rule.ONLY_THE_HOLDER_COMPLETES, item, "it is completed by a lease that is over");
      }
    }
  }

  private void checkDead(Item item) {
    if (item.produces().isEmpty()) {
      return;
    }
    Entry.Queue queue = evidence.queue(item.produces().getFirst().queue());
    List<Delivery> dead =
        queue.deadQueue().isEmpty() ? List.of() : item.deliveries(queue.deadQueue());
    boolean isDead =
        !dead.isEmpty() || any(item.rests(), rest -> rest.queue().equals(queue.deadQueue()));
    if (!isDead) {
      return;
    }
    List<Delivery> alive = item.deliveries(queue.name());
    if (any(alive, d -> any(dead, gone -> gone.call().span().before(d.call().span())))) {
      broken(Rule.DEAD_MEANS_GIVEN_UP, item, "it is leased again after it was in the dead queue");
    }
    boolean asked = any(item.retries(), retry -> retry.dead() && retry.result() != Result.FAILED);
    int known = alive.isEmpty() ? 0 : alive.getLast().item().attempts();
    long unknown =
        evidence.unknownLeases(
            queue.name(), item.produces().getFirst().span().start(), Long.MAX_VALUE);
    if (!asked && (queue.maxAttempts() == 0 || known + unknown < queue.maxAttempts())) {
      broken(
          Rule.DEAD_MEANS_GIVEN_UP, item, "it is in the dead queue after " + known + " attempts");
    }
  }

  private static <T> boolean any(List<T> list, Predicate<T> test) {
    return list.stream().anyMatch(test);
  }
}
