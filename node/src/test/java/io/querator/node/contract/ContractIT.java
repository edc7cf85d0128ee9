package io.querator.node.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.DynamicContainer.dynamicContainer;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.protobuf.Message;
import io.querator.client.ReplyCode;
import io.querator.client.message.QueueLeaseItem;
import io.querator.client.message.Reply;
import io.querator.node.api.Documented;
import io.querator.node.contract.Rules.Rule;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicNode;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.extension.ExtendWith;

/// Every check of every call against the running server, as [Contract] has them: each alone in all
/// encodings, and each together with every later one, which must not be the one that is answered.
@ExtendWith(SharedServer.class)
class ContractIT {
  /// What only a server in trouble answers, and is tested where that is made.
  private static final List<String> TROUBLE =
      List.of(
          "http request is invalid; <what>",
          "Internal Error",
          "service is starting; try again later",
          "service is shutting down",
          "queue is shutting down",
          "queue is overloaded; try again later",
          "internal error, try your request again",
          "partition not available; partition '<p>' is failing, retry again",
          "partition not found; partition '<p>' may have moved, retry again",
          "request timeout; the request was not finished in time, try again",
          "request is invalid; the storage refuses its data",
          "invalid queue; there are too many queues",
          "partitions is invalid; there are too many partitions");

  private final TestServer server;
  private final Contract contract;

  ContractIT(TestServer server) {
    this.server = server;
    TestQueue queue = server.queue();
    TestQueue dead = server.queue();
    TestQueue chained = server.queue(info -> info.setDeadQueue(dead.name()));
    queue.produce("leased", "queued");
    QueueLeaseItem leased = queue.leaseOne();
    queue.produce(queue.produceRequest().addItems(Times.later(TestQueue.item("scheduled"))));
    contract =
        new Contract(
            queue.name(),
            dead.name(),
            chained.name(),
            queue.items().get(1).getId(),
            queue.scheduled().getFirst().getId(),
            leased.getId());
  }

  @TestFactory
  Stream<DynamicNode> refusesWhatBreaksARule() {
    return contract.all().stream()
        .map(rules ->
            dynamicContainer(
                rules.call().path(), rules.inOrder().stream().map(rule -> refusal(rules, rule))));
  }

  private DynamicTest refusal(Rules rules, Rule rule) {
    return dynamicTest(
        shortened(rule.message()),
        () -> {
          for (Map<String, JsonNode> breach : rule.breaches()) {
            Message request = rules.request(breach);
            for (Encoding sent : Encoding.values()) {
              for (Accept accept : Accept.values()) {
                assertRefused(
                    rule, server.api().send(rules.call(), request, sent, accept.header()), accept);
              }
            }
          }
        });
  }

  @TestFactory
  Stream<DynamicNode> checksInOrder() {
    return contract.all().stream()
        .map(rules ->
            dynamicContainer(
                rules.call().path(),
                rules.inOrder().stream().map(rule -> precedence(rules, rule))));
  }

  /// The rule wins over every later one that can be broken at the same time.
  private DynamicTest precedence(Rules rules, Rule rule) {
    List<Rule> later =
        rules.inOrder().subList(rules.inOrder().indexOf(rule) + 1, rules.inOrder().size());
    return dynamicTest(
        shortened(rule.message()),
        () -> {
          for (Map<String, JsonNode> breach : rule.breaches()) {
            later.stream()
                .flatMap(other -> other.breaches().stream())
                .filter(other -> Collections.disjoint(other.keySet(), breach.keySet()))
                .forEach(other -> assertWins(rules, rule, breach, other));
            assertWinsOverAll(rules, rule, breach, later);
          }
        });
  }

  private void assertWinsOverAll(
      Rules rules, Rule rule, Map<String, JsonNode> breach, List<Rule> later) {
    Map<String, JsonNode> all = new HashMap<>();
    later.reversed().forEach(other -> all.putAll(other.breaches().getFirst()));
    assertWins(rules, rule, breach, all);
  }

  private void assertWins(
      Rules rules, Rule rule, Map<String, JsonNode> breach, Map<String, JsonNode> other) {
    Map<String, JsonNode> both = new HashMap<>(other);
    both.putAll(breach);
    Answer answer =
        server.api().send(rules.call(), rules.request(both), Encoding.any(), "application/json");
    assertThat(answer.reply().getMessage()).as("with %s", other).isEqualTo(rule.message());
  }

  private static void assertRefused(Rule rule, Answer answer, Accept accept) {
    Reply reply = answer.reply();
    assertThat(reply.getMessage()).isEqualTo(rule.message());
    assertThat(reply.getCode()).isEqualTo(rule.code());
    assertThat(answer.status()).isEqualTo(rule.code());
    assertThat(reply.getCodeText()).isEqualTo(ReplyCode.of(rule.code()).orElseThrow().text());
    assertThat(answer.header("Content-Type")).isEqualTo(accept.type());
    assertThat(answer.header("X-Content-Type-Options")).isEqualTo("nosniff");
    if (reply.getMessage().startsWith("invalid storage id") || reply.getMessage().contains("(s)")) {
      return; // the ids are in the details of some calls, which has a test of its own
    }
    assertThat(reply.getDetailsMap()).isEmpty();
  }

  /// How an answer is asked for.
  private enum Accept {
    JSON("application/json", "application/json"),
    ALL_FIELDS("application/json;fields=all", "application/json"),
    PROTOBUF("application/protobuf", "application/protobuf");

    private final String header;
    private final String type;

    Accept(String header, String type) {
      this.header = header;
      this.type = type;
    }

    String header() {
      return header;
    }

    String type() {
      return type;
    }
  }

  /// The table, the tests of the server in trouble and the description of the API have the same
  /// messages.
  @Test
  void hasARowForEachMessageThatIsDescribed() {
    for (Rules rules : contract.all()) {
      List<Documented> described = new ArrayList<>(Documented.of(rules.call().path()));
      List<String> undescribed = new ArrayList<>();
      List<Documented> met = new ArrayList<>();
      for (Rule rule : rules.inOrder()) {
        List<Documented> same =
            described.stream().filter(one -> one.is(rule.code(), rule.message())).toList();
        if (same.isEmpty()) {
          undescribed.add(rule.message());
        }
        met.addAll(same);
      }
      described.removeAll(met);
      described.removeIf(one -> TROUBLE.contains(one.text()) || ELSEWHERE.contains(one.text()));
      assertThat(undescribed).as(rules.call().path()).isEmpty();
      assertThat(described).as(rules.call().path()).isEmpty();
    }
  }

  /// What depends on more than one request, or on the transport.
  private static final List<String> ELSEWHERE =
      List.of(
          "http method '<M>' not allowed; only POST",
          "Accept header '<v>' is invalid format or unrecognized content type, only [application/json,application/protobuf] are supported by this method",
          "no such method; <path>",
          "request body exceeds <limit> limit",
          "Content-Type header '<v>' is invalid format or unrecognized content type",
          "proto: <what>",
          "enqueue_at is invalid; not within the years 1 to 9999",
          "retry_at is invalid; not within the years 1 to 9999",
          "lease_deadline is invalid; not within the years 1 to 9999",
          "expire_deadline is invalid; not within the years 1 to 9999",
          "idempotency key is invalid; the header 'Idempotency-Key' and the field 'idempotency_key' differ",
          "idempotency key is invalid; it has been used for a request with other items",
          "duplicate client id; a client cannot make multiple leased requests to the same queue",
          "request timeout; no items are in the queue, try again",
          "queue cannot be deleted; '<n>' is not empty, use force",
          "queue cannot be deleted; '<n>' is the dead queue of '<q>', use force");

  private static String shortened(String text) {
    String shown = text.replace("\0", "\\0");
    return shown.length() > 120 ? shown.substring(0, 120) + "…" : shown;
  }
}
