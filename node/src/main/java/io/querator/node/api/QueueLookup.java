package io.querator.node.api;

import io.querator.client.Text;
import io.querator.node.http.ReplyException;
import io.querator.node.service.PartitionSlot;
import io.querator.node.service.Queues;
import io.querator.node.service.ServedQueue;

/// Finds what a request names.
record QueueLookup(Queues queues) {
  /// The queue, after the checks of its name.
  ///
  /// @throws ReplyException if there is none
  ServedQueue find(String name) {
    checkNotBlank(name);
    if (name.indexOf('~') >= 0) {
      throw Refusals.invalid("queue name is invalid; '" + name + "' cannot contain '~' character");
    }
    Texts.checkNoNul("queue name", name);
    return existing(name);
  }

  static void checkNotBlank(String name) {
    if (Text.isBlank(name)) {
      throw Refusals.invalid("queue name is invalid; queue name cannot be empty");
    }
  }

  /// @throws ReplyException if there is none
  ServedQueue existing(String name) {
    ServedQueue queue = queues.find(name);
    if (queue != null) {
      return queue;
    }
    checkLoaded();
    throw Refusals.noSuchQueue(name);
  }

  /// @throws ReplyException if it is not known yet what queues there are
  void checkLoaded() {
    if (!queues.isLoaded()) {
      throw Refusals.notReady();
    }
  }

  /// @throws ReplyException if the queue has no such partition
  static PartitionSlot partition(ServedQueue queue, int index) {
    PartitionSlot slot = queue.partition(index);
    if (slot == null) {
      throw Refusals.invalid("partition is invalid; '" + index + "' is not a valid partition");
    }
    return slot;
  }
}
