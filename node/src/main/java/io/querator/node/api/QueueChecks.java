package io.querator.node.api;

import io.querator.client.GoDuration;
import io.querator.client.InvalidDurationException;
import io.querator.client.Limits;
import io.querator.client.ReplyCode;
import io.querator.client.Text;
import io.querator.client.message.QueueInfo;
import io.querator.node.http.ReplyException;
import io.querator.node.service.NodeService;
import io.querator.node.service.QueueDefinition;
import io.querator.node.service.ServedQueue;
import java.time.Duration;

/// The checks of a queue's definition, in groups that calls go through in their order.
record QueueChecks(NodeService service) {
  /// The name of a queue to be created, changed or deleted.
  static void name(String name) {
    if (Text.utf8Bytes(name) > Limits.QUEUE_NAME_BYTES_MAX) {
      throw Refusals.invalid("queue name is invalid; cannot be greater than '512' characters");
    }
    QueueLookup.checkNotBlank(name);
    text("queue name", name);
  }

  private static void text(String field, String text) {
    if (Text.containsWhiteSpace(text)) {
      throw Refusals.invalid(field + " is invalid; '" + text + "' cannot contain whitespace");
    }
    if (text.indexOf('~') >= 0) {
      throw Refusals.invalid(field + " is invalid; '" + text + "' cannot contain '~' character");
    }
    Texts.checkNoNul(field, text);
  }

  /// The timeouts of a queue, zero where they are not given.
  record Timeouts(Duration lease, Duration expire) {
    static Timeouts of(QueueInfo info) {
      checkLength("lease timeout", info.getLeaseTimeout());
      checkLength("expire timeout", info.getExpireTimeout());
      Duration expire = parse("expire timeout", info.getExpireTimeout(), "60m, 2h or 24h");
      Duration lease = parse("lease timeout", info.getLeaseTimeout(), "8m, 15m or 1h");
      return new Timeouts(lease, expire);
    }

    private static void checkLength(String field, String text) {
      if (Text.utf8Bytes(text) > Limits.QUEUE_TIMEOUT_TEXT_BYTES_MAX) {
        throw Refusals.invalid(field + " is invalid; cannot be greater than '15' characters");
      }
    }

    private static Duration parse(String field, String text, String examples) {
      if (text.isEmpty()) {
        return Duration.ZERO;
      }
      try {
        Duration given = GoDuration.parse(text);
        boolean tooShort = !given.isNegative() && given.compareTo(Limits.QUEUE_TIMEOUT_MIN) < 0;
        return tooShort ? Duration.ZERO : given;
      } catch (InvalidDurationException e) {
        throw Refusals.invalid(
            field + " is invalid; " + e.getMessage() + " - expected format: " + examples);
      }
    }
  }

  /// How a namespace is written, if one is given.
  static void namespaceSyntax(String namespace) {
    if (namespace.isEmpty()) {
      return;
    }
    if (Text.utf8Bytes(namespace) > Limits.NAMESPACE_BYTES_MAX) {
      throw Refusals.invalid("namespace name is invalid; cannot be greater than '256' characters");
    }
    if (Text.isBlank(namespace)) {
      throw Refusals.invalid("namespace name is invalid; cannot be empty");
    }
    text("namespace name", namespace);
    if (namespace.indexOf(':') >= 0) {
      throw Refusals.invalid(
          "namespace name is invalid; '" + namespace + "' cannot contain ':' character");
    }
  }

  static void namespaceExists(String namespace) {
    if (!namespace.isEmpty() && !namespace.equals(Limits.SYSTEM_NAMESPACE)) {
      throw new ReplyException(
          ReplyCode.REQUEST_FAILED, "namespace does not exist; '" + namespace + "' was not found");
    }
  }

  /// The dead queue of the queue `name`, if one is given.
  void deadQueue(String name, String deadQueue) {
    if (deadQueue.isEmpty()) {
      return;
    }
    if (Text.utf8Bytes(deadQueue) > Limits.DEAD_QUEUE_BYTES_MAX) {
      throw Refusals.invalid("dead queue is invalid; cannot be greater than '500' characters");
    }
    text("dead queue", deadQueue);
    if (deadQueue.equals(name)) {
      throw Refusals.invalid("dead_queue cannot reference itself");
    }
    ServedQueue dead = new QueueLookup(service).known(deadQueue);
    if (dead == null) {
      throw Refusals.invalid(
          "dead_queue does not exist; '" + deadQueue + "' was not found, create it first");
    }
    if (!dead.record().deadQueue().isEmpty()) {
      throw Refusals.invalid(
          "dead_queue is invalid; '" + deadQueue + "' already has its own dead_queue configured");
    }
  }

  /// Everything else.
  void definition(QueueDefinition definition) {
    if (Text.utf8Bytes(definition.reference()) > Limits.QUEUE_REFERENCE_BYTES_MAX) {
      throw Refusals.invalid(
          "reference field is invalid; cannot be greater than '2000' characters");
    }
    Texts.checkNoNul("reference", definition.reference());
    if (definition.maxAttempts() > Limits.QUEUE_MAX_ATTEMPTS_MAX) {
      throw Refusals.invalid("max attempts is invalid; cannot be greater than 65536");
    }
    if (definition.maxAttempts() < 0) {
      throw Refusals.invalid("max attempts is invalid; cannot be negative number");
    }
    if (definition.partitions() < Limits.PARTITIONS_MIN) {
      throw Refusals.invalid("partitions is invalid; cannot be less than 1");
    }
    int partitionsMax = service.definitions().partitionsMax();
    if (definition.partitions() > partitionsMax) {
      throw Refusals.invalid("partitions is invalid; cannot be greater than " + partitionsMax);
    }
    checkPositive("lease timeout", definition.leaseTimeout());
    checkPositive("expire timeout", definition.expireTimeout());
    if (definition.leaseTimeout().compareTo(definition.expireTimeout()) > 0) {
      throw Refusals.invalid(
          "lease timeout is too long; "
              + GoDuration.format(definition.leaseTimeout())
              + " cannot be greater than the expire timeout "
              + GoDuration.format(definition.expireTimeout()));
    }
  }

  private static void checkPositive(String field, Duration timeout) {
    if (timeout.isZero() || timeout.isNegative()) {
      throw Refusals.invalid(field + " is invalid; cannot be empty");
    }
  }
}
