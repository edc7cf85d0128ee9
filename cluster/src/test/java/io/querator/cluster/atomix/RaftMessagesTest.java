package io.querator.cluster.atomix;

import static org.assertj.core.api.Assertions.assertThat;

import io.atomix.cluster.MemberId;
import io.querator.cluster.NodeId;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

class RaftMessagesTest {
  private final List<NodeId> called = new CopyOnWriteArrayList<>();
  private final RaftMessages messages =
      new RaftMessages(
          new NodeId("a"),
          (to, _, message, _) -> {
            called.add(to);
            return message;
          });

  private CompletableFuture<byte[]> send(String to) {
    return messages.send(
        "subject", new byte[1], Function.identity(), Function.identity(), MemberId.from(to), null);
  }

  @Test
  void saysNothingMoreOnceItIsClosed() {
    messages.subscribe(
        "subject", Function.identity(), CompletableFuture::completedFuture, Function.identity());
    assertThat(send("b").join()).hasSize(1);
    assertThat(send("a").join()).hasSize(1);

    messages.close();
    messages.subscribe(
        "subject", Function.identity(), CompletableFuture::completedFuture, Function.identity());

    assertThat(send("b")).isCompletedExceptionally();
    assertThat(send("a")).isCompletedExceptionally();
    assertThat(messages.answer("subject", new byte[1])).isCompletedExceptionally();
    assertThat(called).containsExactly(new NodeId("b"));
  }
}
