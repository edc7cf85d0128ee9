package io.querator.chaos.check;

import static org.assertj.core.api.Assertions.assertThat;

import io.querator.chaos.history.Entry;
import io.querator.chaos.history.Result;
import io.querator.chaos.history.Span;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/// Each rule is broken by a history, and found broken; histories that break none are let pass.
/// Times are in milliseconds; a lease lasts a second.
class CheckerTest {
  private static final long MILLI = 1_000_000;

  private final List<Entry> history =
      new ArrayList<>(
          List.of(
              new Entry.Setup(1, 3, "postgres", 0, ""),
              new Entry.Queue("one", 1, 1_000, "", 0),
              new Entry.Queue("dead", 1, 1_000, "", 0),
              new Entry.Queue("many", 2, 1_000, "dead", 3)));

  private static Span span(long start, long end) {
    return new Span(start * MILLI, end * MILLI);
  }

  private CheckerTest produce(long start, long end, Result result, String... payloads) {
    return produce(start, end, result, 0, payloads);
  }

  private CheckerTest produce(long start, long end, Result result, long dueAt, String... payloads) {
    history.add(
        new Entry.Produce(
            span(start, end),
            1,
            queue(payloads[0]),
            null,
            List.of(payloads),
            dueAt * MILLI,
            result,
            null));
    return this;
  }

  /// The first letter of a payload says where it is produced to.
  private static String queue(String payload) {
    return payload.startsWith("m") ? "many" : "one";
  }

  private CheckerTest lease(long start, long end, Entry.Leased... items) {
    return lease(queue(items[0].payload()), start, end, items);
  }

  private CheckerTest lease(String queue, long start, long end, Entry.Leased... items) {
    history.add(
        new Entry.Lease(span(start, end), 2, queue, 10, 0, Arrays.asList(items), Result.OK, null));
    return this;
  }

  private static Entry.Leased item(String payload, int position, int attempts) {
    return new Entry.Leased(payload, id(position), attempts, 0);
  }

  /// A KSUID of 27 digits whose last bytes are the position.
  private static String id(int position) {
    String digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    return "0".repeat(26) + digits.charAt(position);
  }

  private CheckerTest complete(long start, long end, Result result, String payload, int position) {
    history.add(
        new Entry.Complete(
            span(start, end),
            2,
            queue(payload),
            0,
            List.of(new Entry.Held(payload, id(position))),
            result,
            null));
    return this;
  }

  private CheckerTest retry(
      long start, long end, String payload, int position, long dueAt, boolean dead) {
    history.add(
        new Entry.Retry(
            span(start, end),
            2,
            queue(payload),
            0,
            List.of(new Entry.Held(payload, id(position))),
            dueAt * MILLI,
            dead,
            Result.OK,
            null));
    return this;
  }

  private CheckerTest rest(String queue, List<String> waiting) {
    history.add(new Entry.Rest(queue, 0, true, waiting.size(), 0, waiting, List.of()));
    return this;
  }

  private List<Rule> broken() {
    return Checker.check(history).violations().stream().map(Violation::rule).distinct().toList();
  }

  // Nothing is broken

  @Test
  void passesWhatIsCompletedOrStillThere() {
    produce(0, 1, Result.OK, "a", "b").lease(2, 3, item("a", 1, 1)).rest("one", List.of("b"));
    complete(4, 5, Result.OK, "a", 1);

    assertThat(broken()).isEmpty();
  }

  @Test
  void passesAnUnknownProduceThatIsThereOrNot() {
    produce(0, 1, Result.UNKNOWN, "a").produce(2, 3, Result.UNKNOWN, "b").rest("one", List.of("a"));

    assertThat(broken()).isEmpty();
  }

  @Test
  void passesASecondDeliveryWhenTheLeaseHasRunOut() {
    produce(0, 1, Result.OK, "a").lease(2, 3, item("a", 1, 1)).lease(900, 1_100, item("a", 2, 2));
    complete(1_200, 1_300, Result.OK, "a", 2);

    assertThat(broken()).isEmpty();
  }

  @Test
  void passesWhatIsRetriedAndGivenUp() {
    produce(0, 1, Result.OK, "m").lease(2, 3, item("m", 1, 1)).retry(4, 5, "m", 1, 0, false);
    lease(6, 7, item("m", 2, 2)).retry(8, 9, "m", 2, 0, true);
    lease("dead", 10, 11, item("m", 1, 1)).rest("dead", List.of("m"));

    assertThat(broken()).isEmpty();
  }

  @Test
  void passesAnAttemptThatAnUnknownLeaseMayHaveTaken() {
    produce(0, 1, Result.OK, "a").rest("one", List.of("a"));
    history.add(
        new Entry.Lease(span(2, 3), 2, "one", 1, 0, List.of(), Result.UNKNOWN, "0 no answer"));
    lease(1_100, 1_200, item("a", 2, 2));

    assertThat(broken()).isEmpty();
  }

  // Each rule is broken

  @Test
  void findsWhatIsLost() {
    produce(0, 1, Result.OK, "a");

    assertThat(broken()).containsExactly(Rule.NOTHING_IS_LOST);
  }

  @Test
  void findsAnUnknownProduceThatWasSeenAndIsLost() {
    produce(0, 1, Result.UNKNOWN, "a").lease(2, 3, item("a", 1, 1));

    assertThat(broken()).containsExactly(Rule.NOTHING_IS_LOST);
  }

  @Test
  void findsWhatNobodyHasProduced() {
    rest("one", List.of("a"));

    assertThat(broken()).containsExactly(Rule.NOTHING_COMES_FROM_NOWHERE);
  }

  @Test
  void findsWhatWasRefusedAndIsThere() {
    produce(0, 1, Result.FAILED, "a").rest("one", List.of("a"));

    assertThat(broken()).containsExactly(Rule.NOTHING_COMES_FROM_NOWHERE);
  }

  @Test
  void findsCompletedItemsThatComeBack() {
    produce(0, 1, Result.OK, "a").lease(2, 3, item("a", 1, 1)).complete(4, 5, Result.OK, "a", 1);
    lease(2_000, 2_001, item("a", 2, 2));

    assertThat(broken()).containsExactly(Rule.COMPLETED_STAYS_COMPLETED);
  }

  @Test
  void findsCompletedItemsThatStay() {
    produce(0, 1, Result.OK, "a").lease(2, 3, item("a", 1, 1)).complete(4, 5, Result.OK, "a", 1);
    rest("one", List.of("a"));

    assertThat(broken()).containsExactly(Rule.COMPLETED_STAYS_COMPLETED);
  }

  @Test
  void findsAnItemThatIsThereTwice() {
    produce(0, 1, Result.OK, "a").rest("one", List.of("a", "a"));

    assertThat(broken()).containsExactly(Rule.AN_ITEM_IS_THERE_ONCE);
  }

  @Test
  void findsACopyByItsAttempts() {
    produce(0, 1, Result.OK, "a").lease(2, 3, item("a", 1, 1), item("a", 2, 1));
    rest("one", List.of("a"));

    assertThat(broken()).containsExactly(Rule.AN_ITEM_IS_THERE_ONCE);
  }

  @Test
  void findsTwoLeasesThatLive() {
    produce(0, 1, Result.OK, "a").lease(2, 3, item("a", 1, 1)).lease(4, 900, item("a", 2, 2));
    rest("one", List.of("a"));

    assertThat(broken()).containsExactly(Rule.ONE_LEASE_AT_A_TIME);
  }

  @Test
  void findsACompleteByALeaseThatIsOver() {
    produce(0, 1, Result.OK, "a").lease(2, 3, item("a", 1, 1)).lease(4, 1_100, item("a", 2, 2));
    complete(1_200, 1_201, Result.OK, "a", 1);

    assertThat(broken()).containsExactly(Rule.ONLY_THE_HOLDER_COMPLETES);
  }

  @Test
  void findsAttemptsThatNobodyHasSeen() {
    produce(0, 1, Result.OK, "a").lease(2, 3, item("a", 1, 2)).rest("one", List.of("a"));

    assertThat(broken()).containsExactly(Rule.ATTEMPTS_ARE_COUNTED);
  }

  @Test
  void findsWhatIsEarly() {
    produce(0, 1, Result.OK, 500, "a").lease(2, 300, item("a", 1, 1)).rest("one", List.of("a"));

    assertThat(broken()).containsExactly(Rule.NOTHING_IS_EARLY);
  }

  @Test
  void findsARetryThatIsEarly() {
    produce(0, 1, Result.OK, "a").lease(2, 3, item("a", 1, 1)).retry(4, 5, "a", 1, 800, false);
    lease(10, 20, item("a", 2, 2)).rest("one", List.of("a"));

    assertThat(broken()).containsExactly(Rule.NOTHING_IS_EARLY);
  }

  @Test
  void findsADeadItemThatNobodyHasGivenUp() {
    produce(0, 1, Result.OK, "m").lease(2, 3, item("m", 1, 1)).rest("dead", List.of("m"));

    assertThat(broken()).containsExactly(Rule.DEAD_MEANS_GIVEN_UP);
  }

  @Test
  void findsADeadItemThatLivesAgain() {
    produce(0, 1, Result.OK, "m").lease(2, 3, item("m", 1, 1)).retry(4, 5, "m", 1, 0, true);
    lease("dead", 6, 7, item("m", 1, 1)).lease(8, 1_500, item("m", 2, 2));
    rest("many", List.of("m"));

    assertThat(broken()).contains(Rule.DEAD_MEANS_GIVEN_UP);
  }

  @Test
  void findsALeaseThatIsOutOfOrder() {
    produce(0, 1, Result.OK, "a", "b").rest("one", List.of("a", "b"));
    lease(2, 3, item("b", 2, 1)).lease(4, 5, item("a", 1, 1));

    assertThat(broken()).containsExactly(Rule.ORDER_IS_KEPT);
  }

  @Test
  void findsProducesThatAreOutOfOrder() {
    produce(0, 1, Result.OK, "a").produce(2, 3, Result.OK, "b").rest("one", List.of("a", "b"));
    lease(4, 5, item("b", 1, 1), item("a", 2, 1));

    assertThat(broken()).containsExactly(Rule.ORDER_IS_KEPT);
  }

  /// The lease may have taken the first item, and come too late for its call.
  @Test
  void allowsAnotherOrderAfterALeaseThatNobodySaw() {
    produce(0, 1, Result.OK, "a").produce(2, 3, Result.OK, "b").rest("one", List.of("a", "b"));
    history.add(new Entry.Lease(span(1, 4), 2, "one", 1, 0, List.of(), Result.UNKNOWN, null));
    lease(4, 5, item("b", 2, 1)).lease(6, 7, item("a", 3, 1));

    assertThat(broken()).isEmpty();
  }

  @Test
  void findsCountersThatAreWrong() {
    history.add(new Entry.Rest("one", 0, true, 1, 0, List.of(), List.of()));

    assertThat(broken()).containsExactly(Rule.COUNTERS_ARE_EXACT);
  }

  @Test
  void findsCountersThatNobodyTells() {
    history.add(new Entry.Rest("one", 0, false, 0, 0, List.of(), List.of()));

    assertThat(broken()).containsExactly(Rule.COUNTERS_ARE_EXACT);
  }

  @Test
  void findsTwoOwnersOfAnEpoch() {
    history.add(new Entry.Owner(1, "n1", "key", "n1", 7));
    history.add(new Entry.Owner(2, "n2", "key", "n2", 7));

    assertThat(broken()).containsExactly(Rule.ONE_OWNER_PER_EPOCH);
  }

  @Test
  void findsACommitThatAPlannedMoveHasFenced() {
    history.add(new Entry.Fenced(1, "n1", 0));
    history.add(new Entry.Fault(span(1, 2), "stop-node", "n2", true));
    history.add(new Entry.Fenced(3 * MILLI, "n1", 1));

    assertThat(broken()).containsExactly(Rule.NOBODY_IS_FENCED_BY_A_PLANNED_MOVE);
  }

  @Test
  void findsACommitThatWasFencedAfterItsNodeHadLeft() {
    history.add(new Entry.Failover(span(1, 2), "n1", Entry.Failover.LEFT));
    history.add(new Entry.Failover(span(1, 2), "n2", "silent"));
    history.add(new Entry.Fenced(3 * MILLI, "n1", 1));

    assertThat(broken()).containsExactly(Rule.NOBODY_IS_FENCED_BY_A_PLANNED_MOVE);
  }

  @Test
  void passesACommitOfANodeThatWasNotHeardOf() {
    history.add(new Entry.Failover(span(1, 2), "n1", "silent"));
    history.add(new Entry.Fenced(3 * MILLI, "n1", 1));

    assertThat(broken()).isEmpty();
  }

  @Test
  void passesACommitThatWasFencedWhenSomethingBroke() {
    history.add(new Entry.Fault(span(1, 2), "pause-node", "n1", false));
    history.add(new Entry.Fenced(3 * MILLI, "n1", 1));

    assertThat(broken()).isEmpty();
  }

  @Test
  void findsABurstThatNoOrderExplains() {
    history.add(burst(0, 1, "a"));
    history.add(burst(2, 3, "b"));
    history.add(burstLease(4, 5, "b"));

    assertThat(broken()).containsExactly(Rule.LINEARIZABLE);
  }

  @Test
  void passesABurstThatSomeOrderExplains() {
    history.add(burst(0, 3, "a"));
    history.add(burst(0, 3, "b"));
    history.add(burstLease(1, 5, "b"));
    history.add(burstLease(1, 5, "a"));

    assertThat(broken()).isEmpty();
    assertThat(Checker.check(history).bursts()).isOne();
  }

  private static Entry burst(long start, long end, String payload) {
    return new Entry.Produce(
        span(start, end), 1, "burst-1", null, List.of(payload), 0, Result.OK, null);
  }

  private static Entry burstLease(long start, long end, String payload) {
    return new Entry.Lease(
        span(start, end), 2, "burst-1", 1, 0, List.of(item(payload, 1, 1)), Result.OK, null);
  }
}
