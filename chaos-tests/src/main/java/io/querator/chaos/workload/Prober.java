package io.querator.chaos.workload;

import io.querator.chaos.history.Entry;
import io.querator.chaos.workload.Caller.Ended;
import io.querator.client.message.QueueProduceItem;
import io.querator.client.message.QueueProduceRequest;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Semaphore;

/// Adds an item to a queue of one partition at short intervals, whether the ones before are
/// acknowledged or not: the longest time between two acknowledgements is the time without service.
final class Prober {
  private static final int INTERVAL_MILLIS = 50;

  /// More calls than that do not wait for their answers.
  private static final int CALLS_MAX = 100;

  private static final String TIMEOUT = "4s";

  private final Run run;
  private final ExecutorService calls;
  private final Entry.Queue queue;
  private final int number;
  private final Semaphore permits = new Semaphore(CALLS_MAX);

  Prober(Run run, ExecutorService calls, Entry.Queue queue, int number) {
    this.run = run;
    this.calls = calls;
    this.queue = queue;
    this.number = number;
  }

  void work() throws InterruptedException {
    for (int i = 0; run.goesOn(); i++) {
      String payload = number + "-" + i;
      permits.acquire();
      calls.execute(() -> {
        try {
          produce(payload);
        } finally {
          permits.release();
        }
      });
      run.pause(INTERVAL_MILLIS);
    }
  }

  private void produce(String payload) {
    QueueProduceRequest request =
        QueueProduceRequest.newBuilder()
            .setQueueName(queue.name())
            .setRequestTimeout(TIMEOUT)
            .addItems(QueueProduceItem.newBuilder().setUtf8(payload))
            .build();
    Ended<Boolean> ended = run.caller().run(client -> client.produce(request));
    run.history()
        .add(
            new Entry.Produce(
                ended.span(),
                number,
                queue.name(),
                null,
                List.of(payload),
                0,
                ended.result(),
                ended.text()));
  }
}
