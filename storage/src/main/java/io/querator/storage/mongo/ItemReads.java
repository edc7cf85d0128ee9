package io.querator.storage.mongo;

import com.mongodb.client.model.Filters;
import com.mongodb.client.model.Sorts;
import io.querator.storage.Due;
import io.querator.storage.ItemHead;
import io.querator.storage.PageLimit;
import io.querator.storage.PositionRange;
import io.querator.storage.StorageException;
import io.querator.storage.StoredItem;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import java.util.function.Predicate;
import org.bson.BsonDocument;
import org.bson.conversions.Bson;
import org.jspecify.annotations.Nullable;

/// Reads items of one partition. Debris, and what is removed but not deleted yet, is left out here
/// and not by the server: there is hardly any.
final class ItemReads {
  private static final Bson BY_POSITION = Sorts.ascending("_id");
  private static final Bson BY_DUE = Sorts.ascending("due_at", "_id");

  private final View view;

  ItemReads(View view) {
    this.view = view;
  }

  List<StoredItem> items(PositionRange range, PageLimit limit) {
    List<StoredItem> page = new ArrayList<>();
    long[] bytes = {0};
    readRange(
        range,
        limit.items(),
        null,
        document -> {
          StoredItem item = item(document);
          if (item != null) {
            page.add(item);
            bytes[0] += item.content().sizeBytes();
          }
          return page.size() < limit.items() && bytes[0] < limit.bytes();
        });
    return page;
  }

  List<ItemHead> heads(PositionRange range, int max) {
    List<ItemHead> heads = new ArrayList<>();
    readRange(
        range,
        max,
        ItemDocuments.HEAD,
        document -> {
          heads.add(ItemDocuments.head(document));
          return heads.size() < max;
        });
    return heads;
  }

  private void readRange(
      PositionRange range, int max, @Nullable Bson fields, Predicate<BsonDocument> sink) {
    if (range.isEmpty()) {
      return;
    }
    readSome(
        view.near(range),
        after -> {
          long from = after == null ? range.from() : ItemDocuments.position(after) + 1;
          Bson rows = Filters.and(Filters.gte("_id", from), Filters.lte("_id", range.to()));
          return Query.of(rows).sorted(BY_POSITION).fields(fields);
        },
        max,
        sink);
  }

  List<ItemHead> due(Due after, long until, int max) {
    List<ItemHead> heads = new ArrayList<>();
    readSome(
        view.near(PositionRange.NOT_READY),
        last -> {
          Due from = last == null ? after : dueOf(last);
          return Query.of(dueAfter(from, until)).sorted(BY_DUE).fields(ItemDocuments.HEAD);
        },
        max,
        document -> {
          heads.add(ItemDocuments.head(document));
          return heads.size() < max;
        });
    return heads;
  }

  private static Due dueOf(BsonDocument document) {
    ItemHead head = ItemDocuments.head(document);
    return new Due(head.dueAt(), head.position());
  }

  /// The first part is what the index is made for; see [Collections#create].
  private static Bson dueAfter(Due after, long until) {
    return Filters.and(
        Filters.exists("due_at"),
        Filters.gte("due_at", after.dueAt()),
        Filters.lte("due_at", until),
        Filters.or(Filters.gt("due_at", after.dueAt()), Filters.gt("_id", after.position())));
  }

  /// Reads page after page until `sink` has seen enough of what is visible, or there is no more.
  private static void readSome(
      View near,
      Function<@Nullable BsonDocument, Query> next,
      int max,
      Predicate<BsonDocument> sink) {
    boolean[] more = {true};
    @Nullable BsonDocument[] last = {null};
    while (more[0]) {
      int[] read = {0};
      near.documents()
          .read(
              next.apply(last[0]).first(max),
              document -> {
                read[0]++;
                last[0] = document;
                more[0] = !near.seesItem(ItemDocuments.position(document)) || sink.test(document);
                return more[0];
              });
      more[0] &= read[0] == max;
    }
  }

  List<StoredItem> items(long[] positions) {
    List<StoredItem> items = new ArrayList<>();
    readAt(
        positions,
        null,
        document -> {
          StoredItem item = item(document);
          if (item != null) {
            items.add(item);
          }
          return true;
        });
    return items;
  }

  List<ItemHead> heads(long[] positions) {
    List<ItemHead> heads = new ArrayList<>();
    readAt(positions, ItemDocuments.HEAD, document -> heads.add(ItemDocuments.head(document)));
    return heads;
  }

  /// The documents at `positions` that can be seen, rising.
  void readAt(long[] positions, @Nullable Bson fields, Predicate<BsonDocument> sink) {
    if (positions.length == 0) {
      return;
    }
    View near = view.near(new PositionRange(positions[0], positions[positions.length - 1]));
    List<Long> visible = Arrays.stream(positions).filter(near::seesItem).boxed().toList();
    if (!visible.isEmpty()) {
      view.documents()
          .read(Query.of(Filters.in("_id", visible)).sorted(BY_POSITION).fields(fields), sink);
    }
  }

  private @Nullable StoredItem item(BsonDocument document) {
    List<byte[]> parts = parts(document);
    return parts == null ? null : ItemDocuments.item(document, parts);
  }

  /// The rest of an item's payload; null if the item was removed meanwhile.
  @Nullable List<byte[]> parts(BsonDocument document) {
    int count = ItemDocuments.parts(document);
    if (count == 0) {
      return List.of();
    }
    long position = ItemDocuments.position(document);
    List<byte[]> parts = new ArrayList<>();
    view.documents()
        .read(
            Query.of(Ids.parts(position)).sorted(BY_POSITION),
            part -> parts.add(part.getBinary("payload").getData()));
    if (parts.size() == count) {
      return parts;
    }
    if (view.documents().first(Query.of(Filters.eq("_id", position)).fields(ItemDocuments.HEAD))
        != null) {
      throw new StorageException.Corrupt(
          "the item at %d has %d parts instead of %d".formatted(position, parts.size(), count),
          null);
    }
    return null;
  }
}
