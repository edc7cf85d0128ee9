package io.querator.node.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.querator.client.Call;
import io.querator.client.message.QueueInfo;
import io.querator.client.message.Reply;
import io.querator.client.message.StorageItem;
import io.querator.node.http.codec.MessageCodec;
import org.junit.jupiter.api.Test;

class CallHandlersTest {
  @Test
  void refusesTwoHandlersForOneCall() {
    CallHandlers.Builder handlers =
        CallHandlers.builder()
            .on(Call.QUEUE_CLEAR, (request, context) -> Reply.getDefaultInstance());

    assertThatIllegalArgumentException()
        .isThrownBy(
            () -> handlers.on(Call.QUEUE_CLEAR, (request, context) -> Reply.getDefaultInstance()))
        .withMessageContaining("/v1/queue.clear");
  }

  @Test
  void refusesAListOfOtherElements() {
    CallHandlers.Builder handlers = CallHandlers.builder();

    assertThatIllegalArgumentException()
        .isThrownBy(() ->
            handlers.onList(Call.QUEUES_LIST, StorageItem.getDefaultInstance(), (q, c, e) -> {}))
        .withMessageContaining("querator.QueuesListResponse is not a list of querator.StorageItem");
    assertThatIllegalArgumentException()
        .isThrownBy(() ->
            handlers.onList(Call.QUEUE_STATS, QueueInfo.getDefaultInstance(), (q, c, e) -> {}));
  }

  @Test
  void hasACodecForEveryCall() {
    for (Call<?, ?> call : Call.all()) {
      assertThat(MessageCodec.of(call.request())).isNotNull();
      assertThat(MessageCodec.of(call.answer())).isNotNull();
    }
  }
}
