package io.querator.node.contract;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.querator.client.Call;
import io.querator.client.message.QueueProduceItem;
import io.querator.client.message.QueueProduceRequest;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/// Produce with an idempotency key: a repeat adds nothing.
@ExtendWith(SharedServer.class)
class IdempotencyIT {
  private final TestServer server;
  private final ApiClient api;
  private final String key = UUID.randomUUID().toString();

  IdempotencyIT(TestServer server) {
    this.server = server;
    api = server.api();
  }

  private Answer withHeader(QueueProduceRequest.Builder request, String header) {
    return api.exchange(
        "POST",
        Call.QUEUE_PRODUCE.path(),
        Encoding.JSON.encode(request),
        "Idempotency-Key",
        header);
  }

  @Test
  void addsNothingTheSecondTime() {
    TestQueue queue = server.queue(info -> info.setRequestedPartitions(5));
    QueueProduceRequest.Builder request = queue.produceRequest("a", "b").setIdempotencyKey(key);

    for (int i = 0; i < 5; i++) {
      queue.produce(request);
    }
    withHeader(request.clone().clearIdempotencyKey(), key);
    Answer both = withHeader(request, key);

    assertThat(both.text()).isEqualTo("{\"code\":200}");
    assertThat(queue.total()).isEqualTo(2);
  }

  @Test
  void remembersAKeyWhenItsItemsAreGone() {
    TestQueue queue = server.queue();
    QueueProduceRequest.Builder request = queue.produceRequest("a").setIdempotencyKey(key);
    queue.produce(request);
    queue.complete(queue.lease(1));

    queue.produce(request);

    assertThat(queue.total()).isZero();
  }

  @Test
  void refusesAKeyWithOtherItems() {
    TestQueue queue = server.queue();
    queue.produce(queue.produceRequest("a").setIdempotencyKey(key));
    QueueProduceItem item = TestQueue.item("a");

    for (QueueProduceItem other :
        List.of(
            TestQueue.item("b"),
            item.toBuilder().setKind("k").build(),
            item.toBuilder().setReference("k").build(),
            item.toBuilder().setEncoding("k").build(),
            Times.later(item))) {
      Answer answer =
          api.send(
              Call.QUEUE_PRODUCE, queue.produceRequest().addItems(other).setIdempotencyKey(key));
      assertThat(answer.reply().getMessage())
          .isEqualTo("idempotency key is invalid; it has been used for a request with other items");
      assertThat(answer.status()).isEqualTo(400);
    }
    assertThat(
            api.send(Call.QUEUE_PRODUCE, queue.produceRequest("a", "a").setIdempotencyKey(key))
                .status())
        .isEqualTo(400);
    assertThat(queue.total()).isEqualTo(1);
  }

  @Test
  void takesTheSamePayloadInAnotherFieldForTheSame() {
    TestQueue queue = server.queue();
    queue.produce(queue.produceRequest("a").setIdempotencyKey(key));

    queue.produce(
        queue
            .produceRequest()
            .setRequestTimeout("2m")
            .addItems(QueueProduceItem.newBuilder().setBytes(ByteString.copyFromUtf8("a")))
            .setIdempotencyKey(key));

    assertThat(queue.total()).isEqualTo(1);
  }

  @Test
  void refusesTwoDifferentKeys() {
    TestQueue queue = server.queue();

    Answer answer = withHeader(queue.produceRequest("a").setIdempotencyKey(key), "another");

    assertThat(answer.reply().getMessage())
        .isEqualTo(
            "idempotency key is invalid; the header 'Idempotency-Key' and the field 'idempotency_key' differ");
    assertThat(queue.total()).isZero();
  }

  @Test
  void keepsTheKeysOfQueuesApart() {
    TestQueue queue = server.queue();
    TestQueue other = server.queue();

    queue.produce(queue.produceRequest("a").setIdempotencyKey(key));
    other.produce(other.produceRequest("b").setIdempotencyKey(key));

    assertThat(other.total()).isEqualTo(1);
  }

  @Test
  void takesOneOfManyAtOnce() {
    TestQueue queue = server.queue(info -> info.setRequestedPartitions(4));
    QueueProduceRequest.Builder request =
        queue.produceRequest("a", "b", "c").setIdempotencyKey(key);

    List<CompletableFuture<Answer>> answers =
        IntStream.range(0, 30).mapToObj(_ -> api.later(Call.QUEUE_PRODUCE, request)).toList();

    assertThat(answers.stream().map(ApiClient::join)).allMatch(Answer::ok);
    assertThat(queue.total()).isEqualTo(3);
  }

  @Test
  void remembersKeysWhenTheNumberOfPartitionsChanges() {
    TestQueue queue = server.queue();
    List<String> keys = IntStream.range(0, 40).mapToObj(i -> key + i).toList();
    keys.forEach(k -> queue.produce(queue.produceRequest(k).setIdempotencyKey(k)));

    for (int partitions : new int[] {4, 7, 2, 1, 3}) {
      queue.update(info -> info.setRequestedPartitions(partitions));
      keys.forEach(k -> queue.produce(queue.produceRequest(k).setIdempotencyKey(k)));
      assertThat(queue.total()).isEqualTo(40);
    }
    Answer other =
        api.send(
            Call.QUEUE_PRODUCE, queue.produceRequest("other").setIdempotencyKey(keys.getFirst()));
    assertThat(other.status()).isEqualTo(400);
  }

  @Test
  void repeatsAScheduledProduce() {
    TestQueue queue = server.queue();
    QueueProduceRequest.Builder request =
        queue
            .produceRequest()
            .addItems(Times.scheduled(TestQueue.item("a"), Duration.ofHours(1)))
            .setIdempotencyKey(key);

    queue.produce(request);
    queue.produce(request);

    assertThat(queue.scheduled()).hasSize(1);
  }
}
