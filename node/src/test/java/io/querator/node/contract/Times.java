package io.querator.node.contract;

import com.google.protobuf.Timestamp;
import io.querator.client.message.QueueProduceItem;
import java.time.Duration;
import java.time.Instant;

/// Timestamps of messages.
final class Times {
  /// `0001-01-01T00:00:00Z`, which stands for *none*.
  static final Timestamp ZERO = Timestamp.newBuilder().setSeconds(-62_135_596_800L).build();

  private Times() {}

  static Timestamp of(Instant instant) {
    return Timestamp.newBuilder()
        .setSeconds(instant.getEpochSecond())
        .setNanos(instant.getNano())
        .build();
  }

  static Timestamp in(Duration time) {
    return of(Instant.now().plus(time));
  }

  static Instant instant(Timestamp timestamp) {
    return Instant.ofEpochSecond(timestamp.getSeconds(), timestamp.getNanos());
  }

  /// The item, scheduled for a time that no test sees.
  static QueueProduceItem later(QueueProduceItem item) {
    return scheduled(item, Duration.ofHours(2));
  }

  static QueueProduceItem scheduled(QueueProduceItem item, Duration from) {
    return item.toBuilder().setEnqueueAt(in(from)).build();
  }
}
