package io.querator.node.peer;

import java.util.Set;

/// What messages between nodes about queues are about.
final class QueueSubject {
  static final String ANNOUNCE = "queue/announce";
  static final String LEASE = "queue/lease";
  static final String GIVE_BACK = "queue/give-back";
  static final String WAIT = "queue/wait";
  static final String WAIT_NO_MORE = "queue/wait-no-more";
  static final String YIELD = "queue/yield";
  static final String INTEREST = "queue/interest";
  static final String HINT = "queue/hint";
  static final String TAKE_DEAD = "queue/take-dead";
  static final String FORGET_DEAD = "queue/forget-dead";
  static final String FIND_KEY = "queue/find-key";
  static final String IS_EMPTY = "queue/is-empty";

  static final Set<String> ALL =
      Set.of(
          ANNOUNCE,
          LEASE,
          GIVE_BACK,
          WAIT,
          WAIT_NO_MORE,
          YIELD,
          INTEREST,
          HINT,
          TAKE_DEAD,
          FORGET_DEAD,
          FIND_KEY,
          IS_EMPTY);

  private QueueSubject() {}
}
