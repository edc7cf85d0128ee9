package io.querator.storage.jdbc;

import io.querator.storage.ItemHead;
import io.querator.storage.KeyEntry;
import io.querator.storage.LowWater;
import io.querator.storage.Move;
import io.querator.storage.StoredItem;
import io.querator.storage.StoredLease;
import io.querator.storage.encoding.HeldItems;
import io.querator.storage.jdbc.ArrayParameter.Element;
import java.sql.SQLException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The arrays that carry the rows of a turn, one for each column, in the order in which
/// [TurnStatement] names them.
final class TurnArrays {
  private TurnArrays() {}

  static void addItems(Parameters parameters, List<StoredItem> items) throws SQLException {
    int size = items.size();
    var position = new ArrayParameter(Element.INT8, size);
    var placedAt = new ArrayParameter(Element.TIMESTAMPTZ, size);
    var createdAt = new ArrayParameter(Element.TIMESTAMPTZ, size);
    var expireAt = new ArrayParameter(Element.TIMESTAMPTZ, size);
    var dueAt = new ArrayParameter(Element.TIMESTAMPTZ, size);
    var attempts = new ArrayParameter(Element.INT4, size);
    var maxAttempts = new ArrayParameter(Element.INT4, size);
    var sourceId = new ArrayParameter(Element.TEXT, size);
    var kind = new ArrayParameter(Element.TEXT, size);
    var reference = new ArrayParameter(Element.TEXT, size);
    var encoding = new ArrayParameter(Element.TEXT, size);
    var payload = new ArrayParameter(Element.BYTEA, size);
    var extra = new ArrayParameter(Element.BYTEA, size);
    for (StoredItem item : items) {
      ItemHead head = item.head();
      position.add(head.position());
      placedAt.add(Times.binary(head.placedAt()));
      createdAt.add(Times.binary(head.createdAt()));
      expireAt.add(Times.binary(head.expireAt()));
      addDue(dueAt, head.dueAt());
      attempts.add(head.attempts());
      maxAttempts.add(head.maxAttempts());
      sourceId.add(head.sourceId());
      kind.add(item.content().kind());
      reference.add(item.content().reference());
      encoding.add(item.content().encoding());
      payload.add(item.content().payload());
      extra.addNullable(item.content().extra());
    }
    parameters.add(position).add(placedAt).add(createdAt).add(expireAt).add(dueAt);
    parameters.add(attempts).add(maxAttempts).add(sourceId).add(kind).add(reference);
    parameters.add(encoding).add(payload).add(extra);
  }

  static void addMoves(Parameters parameters, List<Move> moves) throws SQLException {
    int size = moves.size();
    var from = new ArrayParameter(Element.INT8, size);
    var to = new ArrayParameter(Element.INT8, size);
    var placedAt = new ArrayParameter(Element.TIMESTAMPTZ, size);
    var dueAt = new ArrayParameter(Element.TIMESTAMPTZ, size);
    var attempts = new ArrayParameter(Element.INT4, size);
    var sourceId = new ArrayParameter(Element.TEXT, size);
    for (Move move : moves) {
      from.add(move.from());
      to.add(move.to());
      placedAt.add(Times.binary(move.placedAt()));
      addDue(dueAt, move.dueAt());
      attempts.add(move.attempts());
      if (move.sourceId() == null) {
        sourceId.addNull();
      } else {
        sourceId.add(move.sourceId());
      }
    }
    parameters.add(from).add(from).add(to).add(placedAt).add(dueAt).add(attempts).add(sourceId);
  }

  private static void addDue(ArrayParameter array, long dueAt) {
    if (dueAt == ItemHead.READY) {
      array.addNull();
    } else {
      array.add(Times.binary(dueAt));
    }
  }

  static void addLeases(Parameters parameters, long partition, List<StoredLease> leases)
      throws SQLException {
    int size = leases.size();
    var id = new ArrayParameter(Element.INT8, size);
    var client = new ArrayParameter(Element.TEXT, size);
    var deadline = new ArrayParameter(Element.TIMESTAMPTZ, size);
    var first = new ArrayParameter(Element.INT8, size);
    var last = new ArrayParameter(Element.INT8, size);
    var items = new ArrayParameter(Element.INT4, size);
    var held = new ArrayParameter(Element.BYTEA, size);
    for (StoredLease lease : leases) {
      long[] positions = lease.positions();
      id.add(lease.id());
      client.add(lease.client());
      deadline.add(Times.binary(lease.deadline()));
      first.add(positions[0]);
      last.add(positions[positions.length - 1]);
      items.add(positions.length);
      held.add(new HeldItems(positions, lease.attempts()).encode());
    }
    parameters.add(partition).add(id).add(client).add(deadline).add(first).add(last);
    parameters.add(items).add(held);
  }

  static void addKeys(Parameters parameters, long partition, List<KeyEntry> keys)
      throws SQLException {
    int size = keys.size();
    var minute = new ArrayParameter(Element.INT4, size);
    var hash = new ArrayParameter(Element.UUID, size);
    var request = new ArrayParameter(Element.UUID, size);
    var first = new ArrayParameter(Element.INT8, size);
    var count = new ArrayParameter(Element.INT4, size);
    for (KeyEntry key : keys) {
      minute.add(key.minute());
      hash.add(key.hash().high(), key.hash().low());
      request.add(key.request().high(), key.request().low());
      first.add(key.first());
      count.add(key.count());
    }
    parameters.add(partition).add(minute).add(hash).add(request).add(first).add(count);
  }

  static void addLowWater(Parameters parameters, @Nullable LowWater mark) throws SQLException {
    int size = mark == null ? 0 : 1;
    var ready = new ArrayParameter(Element.INT8, size);
    var notReady = new ArrayParameter(Element.INT8, size);
    if (mark != null) {
      ready.add(mark.ready());
      notReady.add(mark.notReady());
    }
    parameters.add(ready).add(notReady);
  }
}
