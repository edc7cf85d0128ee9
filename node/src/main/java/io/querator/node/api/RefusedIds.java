package io.querator.node.api;

import io.querator.node.http.ReplyException;
import io.querator.node.service.ItemReader;
import io.querator.node.service.ItemState;
import io.querator.node.service.PartitionSlot;
import io.querator.node.service.ServedQueue;
import io.querator.queue.ItemId;
import io.querator.queue.Outcome;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// The ids of a complete or a retry, and what is wrong with them.
///
/// @param items tells what has become of those that are not leased
record RefusedIds(ItemReader items) {
  /// The detail that lists the ids which were refused, in their order, parted by commas.
  private static final String DETAIL = "ids";

  /// @param verb what was to be done with the items: `completed`, `retried`
  record Request(ServedQueue queue, PartitionSlot slot, String verb, long deadline) {}

  /// Reads all ids.
  ///
  /// @throws ReplyException if one is malformed; it lists all that are wrong in any way
  List<ItemId> parse(Request request, List<String> texts) {
    List<ItemId> ids = new ArrayList<>(texts.size());
    Map<String, String> malformed = new LinkedHashMap<>();
    for (String text : texts) {
      try {
        ids.add(ItemId.parse(text));
      } catch (ItemId.MalformedException e) {
        malformed.putIfAbsent(text, malformed(text, e));
      }
    }
    if (malformed.isEmpty()) {
      return ids;
    }
    Map<String, String> others = wrong(request, ids);
    List<String> all =
        texts.stream()
            .distinct()
            .filter(text -> malformed.containsKey(text) || others.containsKey(text))
            .toList();
    throw refusal(malformed.values().iterator().next(), all);
  }

  static String malformed(String text, ItemId.MalformedException e) {
    return "invalid storage id; '" + text + "': " + e.getMessage();
  }

  /// Says why a partition refused `refused`, those of the request's ids that are not leased.
  ReplyException explain(Request request, List<ItemId> refused) {
    Map<String, String> wrong = wrong(request, refused);
    List<String> ids = refused.stream().map(ItemId::toString).distinct().toList();
    // one that is leased now was not when the partition looked
    String message =
        ids.stream()
            .filter(wrong::containsKey)
            .findFirst()
            .map(wrong::get)
            .orElseGet(() -> notLeased(request, ids.getFirst()));
    return refusal(message, ids);
  }

  private static ReplyException refusal(String message, List<String> ids) {
    return Refusals.invalid(message, Map.of(DETAIL, String.join(",", ids)));
  }

  /// What is wrong with each of `ids` that is not leased; nothing if the partition cannot be asked.
  private Map<String, String> wrong(Request request, List<ItemId> ids) {
    Outcome<List<ItemState>> outcome =
        items.states(request.queue(), request.slot(), ids, request.deadline());
    Map<String, String> wrong = new LinkedHashMap<>();
    if (outcome instanceof Outcome.Done<List<ItemState>>(var states)) {
      for (int i = 0; i < ids.size(); i++) {
        String id = ids.get(i).toString();
        switch (states.get(i)) {
          case UNKNOWN -> wrong.put(id, "invalid storage id; '" + id + "' does not exist");
          case NOT_LEASED -> wrong.put(id, notLeased(request, id));
          case LEASED -> {}
        }
      }
    }
    return wrong;
  }

  private static String notLeased(Request request, String id) {
    return "item(s) cannot be " + request.verb() + "; '" + id + "' is not marked as leased";
  }
}
