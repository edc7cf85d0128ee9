package io.querator.node.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.querator.cluster.NodeId;
import io.querator.node.service.Peers.Hinted;
import io.querator.queue.Waiter;
import io.querator.storage.PartitionKey;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class HintsTest {
  private static final NodeId OTHER = new NodeId("other");

  private final TestService service = new TestService().started();
  private final List<PartitionKey> hinted = Collections.synchronizedList(new ArrayList<>());
  private volatile Hinted answer = Hinted.NOTHING;
  private final Hints hints = new Hints(service.node.queues(), recording(), service.node.clock());

  private Peers recording() {
    return (Peers)
        Proxy.newProxyInstance(
            Peers.class.getClassLoader(),
            new Class<?>[] {Peers.class},
            (_, method, arguments) -> {
              if (method.getName().equals("hint")) {
                hinted.add((PartitionKey) arguments[2]);
                return answer;
              }
              return method.invoke(Peers.NONE, arguments);
            });
  }

  @AfterEach
  void close() {
    service.close();
  }

  private void produce(ServedQueue queue, PartitionSlot slot) {
    queue.produceIn(slot, TestService.items(null, "item"), service.soon());
    await().until(slot::hasReady);
  }

  @Test
  void tellsWhoBeginsToWaitOfWhatIsReady() {
    ServedQueue queue = service.queue(1);
    PartitionSlot slot = queue.partitions().getFirst();
    produce(queue, slot);

    hints.interest(OTHER, queue.name(), 1);

    await().untilAsserted(() -> assertThat(hinted).containsExactly(slot.key()));
  }

  @Test
  void tellsOfWhatTheCallsHereDoNotTake() {
    ServedQueue queue = service.queue(1);
    PartitionSlot slot = queue.partitions().getFirst();
    produce(queue, slot);
    queue.lease(new Waiter("client", 1), service.soon(), _ -> {});
    hints.interest(OTHER, queue.name(), 1);
    produce(queue, slot);

    hints.ready(queue.name(), slot.key());

    await().untilAsserted(() -> assertThat(hinted).contains(slot.key()));
  }

  @Test
  void tellsOfTheItemThatHasBeenLeftLongest() {
    ServedQueue queue = service.queue(2);
    produce(queue, queue.partitions().get(1));
    produce(queue, queue.partitions().get(0));

    hints.interest(OTHER, queue.name(), 1);

    await().untilAsserted(() -> assertThat(hinted).startsWith(queue.partitions().get(1).key()));
  }

  @Test
  void tellsNothingWhereNobodyWaitsAnyMore() {
    ServedQueue queue = service.queue(1);
    PartitionSlot slot = queue.partitions().getFirst();
    answer = Hinted.NOBODY;
    produce(queue, slot);
    hints.interest(OTHER, queue.name(), 1);
    await().untilAsserted(() -> assertThat(hinted).hasSize(1));

    for (int i = 0; i < 1_000; i++) {
      hints.ready(queue.name(), slot.key());
    }
    hints.interest(OTHER, queue.name(), 1);

    await().untilAsserted(() -> assertThat(hinted).hasSize(2));
  }
}
