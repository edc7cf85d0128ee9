package io.querator.client;

import java.time.Duration;

/// The numbers of the API. Lengths of text are bytes of UTF-8; a `…_MAX` itself is allowed, if not
/// said otherwise.
public final class Limits {
  /// The namespace of a queue that names none.
  public static final String SYSTEM_NAMESPACE = "_system";

  public static final int QUEUE_NAME_BYTES_MAX = 512;
  public static final int DEAD_QUEUE_BYTES_MAX = 500;
  public static final int NAMESPACE_BYTES_MAX = 256;

  /// The `reference` of a queue; that of an item is bounded by the body alone.
  public static final int QUEUE_REFERENCE_BYTES_MAX = 2000;

  /// The text of `lease_timeout` and `expire_timeout`.
  public static final int QUEUE_TIMEOUT_TEXT_BYTES_MAX = 15;

  /// Shorter lease and expire timeouts count as not given.
  public static final Duration QUEUE_TIMEOUT_MIN = Duration.ofNanos(1000);

  /// The largest `max_attempts`; 0 stands for no limit.
  public static final int QUEUE_MAX_ATTEMPTS_MAX = 65_536;

  public static final int PARTITIONS_MIN = 1;

  public static final int PRODUCE_ITEMS_MAX = 1000;
  public static final int LEASE_ITEMS_MAX = 1000;

  /// For complete, and for retry.
  public static final int COMPLETE_ITEMS_MAX = 1000;

  /// The payload of one lease answer, which holds at least one item nevertheless.
  public static final int LEASE_PAYLOAD_BYTES_MAX = 16 * 1024 * 1024;

  public static final int IDEMPOTENCY_KEY_BYTES_MAX = 256;

  /// How long, at least, a repeat under an idempotency key is recognised.
  public static final Duration IDEMPOTENCY_KEY_RETENTION = Duration.ofMinutes(15);

  /// Lease and complete allow it, produce wants less.
  public static final Duration REQUEST_TIMEOUT_MAX = Duration.ofMinutes(15);

  /// Must be exceeded.
  public static final Duration REQUEST_TIMEOUT_MIN_EXCLUSIVE = Duration.ofMillis(10);

  /// Of a produce that gives no timeout.
  public static final Duration PRODUCE_TIMEOUT_DEFAULT = Duration.ofMinutes(1);

  /// Of a retry, which cannot give one.
  public static final Duration RETRY_TIMEOUT = Duration.ofMinutes(5);

  /// `enqueue_at` and `retry_at` that are nearer than this mean: at once.
  public static final Duration SCHEDULE_MIN = Duration.ofMillis(100);

  /// A lease expires no earlier than this after its deadline …
  public static final Duration LEASE_EXPIRY_DELAY_MIN = Duration.ofMillis(25);

  /// … and no later than this.
  public static final Duration LEASE_EXPIRY_DELAY_MAX = Duration.ofMillis(75);

  /// The `limit` of a list that gives none.
  public static final int LIST_LIMIT_DEFAULT = 1000;

  /// Of queues.list alone: items.list and scheduled.list have no upper limit.
  public static final int QUEUES_LIST_LIMIT_MAX = 65_536;

  /// Characters of an item's id.
  public static final int ITEM_ID_LENGTH = 27;

  public static final String ITEM_ID_MIN = "000000000000000000000000000";
  public static final String ITEM_ID_MAX = "aWgEPTl1tmebfsQzFP4bxwgy80V";

  /// The default: a node may be set to another.
  public static final BodyLimit PRODUCE_BODY = BodyLimit.decimal(5_000_000);

  public static final BodyLimit IMPORT_BODY = BodyLimit.binary(64_000_000);
  public static final BodyLimit UPDATE_BODY = BodyLimit.binary(512_000);
  public static final BodyLimit OTHER_BODY = BodyLimit.binary(256_000);

  private Limits() {}
}
