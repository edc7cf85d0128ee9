package io.querator.node.api;

import io.querator.client.Text;
import io.querator.node.http.ReplyException;
import io.querator.node.service.NodeService;
import io.querator.node.service.PartitionSlot;
import io.querator.node.service.Queues;
import io.querator.node.service.ServedQueue;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/// Finds what a request names.
record QueueLookup(NodeService service) {
  /// How long the catalogue may take to answer.
  private static final Duration CATALOGUE = Duration.ofSeconds(2);

  Queues queues() {
    return service.queues();
  }

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

  /// The queue, or null if there is none or that is not known now. Nothing is checked.
  ///
  /// @param lookUp whether another node may have made it just now
  @Nullable ServedQueue seek(String name, boolean lookUp) {
    ServedQueue queue = queues().find(name);
    boolean again = queue == null && lookUp && queues().isLoaded() && service.catchUp(CATALOGUE);
    return again ? queues().find(name) : queue;
  }

  static void checkNotBlank(String name) {
    if (Text.isBlank(name)) {
      throw Refusals.invalid("queue name is invalid; queue name cannot be empty");
    }
  }

  /// @throws ReplyException if there is none, or if that is not known now
  ServedQueue existing(String name) {
    ServedQueue queue = known(name);
    if (queue == null) {
      throw Refusals.noSuchQueue(name);
    }
    return queue;
  }

  /// The queue, or null if there is none: also one that another node has made just now.
  ///
  /// @throws ReplyException if that is not known now
  @Nullable ServedQueue known(String name) {
    ServedQueue queue = queues().find(name);
    if (queue == null) {
      checkLoaded();
      if (!service.catchUp(CATALOGUE)) {
        throw Refusals.notReady();
      }
      queue = queues().find(name);
    }
    return queue;
  }

  /// @throws ReplyException if it is not known yet what queues there are
  void checkLoaded() {
    if (!queues().isLoaded()) {
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
