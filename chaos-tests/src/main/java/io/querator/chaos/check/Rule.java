package io.querator.chaos.check;

/// What must hold in every history.
public enum Rule {
  /// What was acknowledged, or seen once, is there until it is completed.
  NOTHING_IS_LOST,
  /// What is there was produced by a call that was not refused.
  NOTHING_COMES_FROM_NOWHERE,
  /// What was completed does not come back.
  COMPLETED_STAYS_COMPLETED,
  /// An item is there once, whatever became of the answer of its produce.
  AN_ITEM_IS_THERE_ONCE,
  /// An item has at most one lease that lives, and is leased again only after a retry or when the
  /// lease before has run out.
  ONE_LEASE_AT_A_TIME,
  /// Only who holds the lease of an item can complete it.
  ONLY_THE_HOLDER_COMPLETES,
  /// The n-th lease of an item is its n-th attempt. Leases that no client has seen are only among
  /// them where a lease call's outcome is unknown, or while something was broken.
  ATTEMPTS_ARE_COUNTED,
  /// An item is not leased before it is due.
  NOTHING_IS_EARLY,
  /// An item is in its dead queue only if it was given up, and then no more in its queue.
  DEAD_MEANS_GIVEN_UP,
  /// Within a partition, ids rise over leases that do not overlap in time, and so they do over
  /// produces.
  ORDER_IS_KEPT,
  /// Counters are told, and equal what is listed.
  COUNTERS_ARE_EXACT,
  /// A partition that is moved as planned has been let go before another node opens it.
  NOBODY_IS_FENCED_BY_A_PLANNED_MOVE,
  /// An epoch of a partition has one owner.
  ONE_OWNER_PER_EPOCH,
  /// The answers are those of some order of the calls, in which none comes before one that had
  /// ended when it began.
  LINEARIZABLE
}
