package io.querator.node.api;

import io.querator.client.ReplyCode;
import io.querator.client.message.Reply;
import io.querator.node.http.ReplyException;
import io.querator.node.service.DefinitionResult;
import io.querator.queue.Outcome;
import io.querator.queue.Outcome.Reason;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// What a client is told if it does not get what it asked for: the one table of these texts.
public final class Refusals {
  static final Reply DONE = Reply.newBuilder().setCode(ReplyCode.OK.code()).build();

  static final String SHUTDOWN = "service is shutting down";
  static final String STARTING = "service is starting; try again later";

  private static final String FAILING = "partition not available; partition '";
  private static final String OVERLOADED = "queue is overloaded; try again later";
  private static final String INTERNAL_ERROR = "internal error, try your request again";
  private static final String NOT_FINISHED =
      "request timeout; the request was not finished in time, try again";
  private static final String NO_ITEMS = "request timeout; no items are in the queue, try again";
  private static final Logger log = LoggerFactory.getLogger(Refusals.class);

  private Refusals() {}

  static ReplyException invalid(String message) {
    return new ReplyException(ReplyCode.BAD_REQUEST, message);
  }

  static ReplyException invalid(String message, Map<String, String> details) {
    return new ReplyException(ReplyCode.BAD_REQUEST, message, details);
  }

  /// The value of a command that was done.
  ///
  /// @param partition the number of the partition that was asked
  static <R> R value(int partition, Outcome<R> outcome) {
    return switch (outcome) {
      case Outcome.Done<R>(var value) -> value;
      case Outcome.NotExecuted<R>(var reason) -> throw notExecuted(partition, reason);
      case Outcome.Unknown<R>(var late) ->
          throw ReplyException.retry(
              late ? NOT_FINISHED : INTERNAL_ERROR, io.querator.client.Outcome.UNKNOWN);
      case Outcome.Refused<R>(var message) -> {
        log.atWarn()
            .addKeyValue("partition", partition)
            .addKeyValue("message", message)
            .log("the storage refuses what a request wants to store");
        throw invalid("request is invalid; the storage refuses its data");
      }
    };
  }

  static ReplyException notExecuted(int partition, Reason reason) {
    return switch (reason) {
      case OVERLOADED -> retry(OVERLOADED);
      case TIMEOUT -> retry(NOT_FINISHED);
      case FAILING -> retry(FAILING + partition + "' is failing, retry again");
      case MOVED -> new MovedException(partition);
      case DELETED -> new ReplyException(ReplyCode.REQUEST_FAILED, "queue is shutting down");
      case SHUTDOWN -> shutdown();
      case LEFT -> left();
    };
  }

  /// What another node's refusal means: the outcome from which it was made.
  ///
  /// @throws ReplyException the refusal itself, if it was made from none
  static <R> Outcome<R> outcome(ReplyException refusal) {
    String message = refusal.text();
    if (refusal instanceof MovedException) {
      return new Outcome.NotExecuted<>(Reason.MOVED);
    }
    if (refusal.code() != ReplyCode.RETRY_REQUEST) {
      throw refusal;
    }
    String outcome = refusal.details().getOrDefault(io.querator.client.Outcome.DETAIL, "");
    if (outcome.equals(io.querator.client.Outcome.UNKNOWN.text())) {
      return new Outcome.Unknown<>(message.equals(NOT_FINISHED));
    }
    if (message.equals(OVERLOADED)) {
      return new Outcome.NotExecuted<>(Reason.OVERLOADED);
    }
    if (message.equals(NOT_FINISHED)) {
      return new Outcome.NotExecuted<>(Reason.TIMEOUT);
    }
    if (message.startsWith(FAILING)) {
      return new Outcome.NotExecuted<>(Reason.FAILING);
    }
    throw refusal;
  }

  /// Why a lease call ended without items.
  static ReplyException noLease(Reason reason) {
    return switch (reason) {
      case TIMEOUT -> retry(NO_ITEMS);
      case OVERLOADED, FAILING, MOVED, DELETED, SHUTDOWN, LEFT -> notExecuted(0, reason);
    };
  }

  /// A lease call ended while its lease was being written.
  static ReplyException unknownLease() {
    return ReplyException.retry(NOT_FINISHED, io.querator.client.Outcome.UNKNOWN);
  }

  static ReplyException overloaded() {
    return retry(OVERLOADED);
  }

  /// The catalogue has not been read yet.
  static ReplyException notReady() {
    return retry(INTERNAL_ERROR);
  }

  static ReplyException storageAway(io.querator.client.Outcome outcome) {
    return ReplyException.retry(INTERNAL_ERROR, outcome);
  }

  private static ReplyException retry(String message) {
    return ReplyException.retry(message, io.querator.client.Outcome.NOT_EXECUTED);
  }

  /// The node does not serve yet.
  public static ReplyException starting() {
    return retry(STARTING);
  }

  /// The node stops, and nobody serves instead.
  public static ReplyException shutdown() {
    return new ReplyException(ReplyCode.REQUEST_FAILED, SHUTDOWN);
  }

  /// The node stops, and other nodes serve.
  public static ReplyException left() {
    return retry(SHUTDOWN);
  }

  static ReplyException noSuchQueue(String name) {
    return invalid("queue does not exist; no such queue named '" + name + "'");
  }

  static ReplyException exists(String name) {
    return invalid("invalid queue; '" + name + "' already exists");
  }

  /// The answer to a change of a queue's definition.
  ///
  /// @param other the queue whose dead queue it is, or empty
  static Reply changed(String name, DefinitionResult result, String other) {
    switch (result) {
      case DONE -> {
        return DONE;
      }
      case EXISTS -> throw exists(name);
      case NO_SUCH_QUEUE -> throw noSuchQueue(name);
      case TOO_MANY_QUEUES -> throw invalid("invalid queue; there are too many queues");
      case TOO_MANY_PARTITIONS ->
          throw invalid("partitions is invalid; there are too many partitions");
      case NOT_EMPTY ->
          throw invalid("queue cannot be deleted; '" + name + "' is not empty, use force");
      case IS_DEAD_QUEUE ->
          throw invalid(
              "queue cannot be deleted; '"
                  + name
                  + "' is the dead queue of '"
                  + other
                  + "', use force");
      case CONTENDED -> throw retry(INTERNAL_ERROR);
      case SHUTDOWN -> throw shutdown();
      case LEFT -> throw left();
    }
    throw new IllegalStateException("not answered: " + result);
  }
}
