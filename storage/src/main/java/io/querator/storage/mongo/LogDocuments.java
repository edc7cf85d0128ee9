package io.querator.storage.mongo;

import io.querator.storage.Claim;
import io.querator.storage.KeyHash;
import io.querator.storage.LowWater;
import io.querator.storage.encoding.PositionRuns;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;
import org.bson.BsonArray;
import org.bson.BsonBinary;
import org.bson.BsonBoolean;
import org.bson.BsonDocument;
import org.bson.BsonInt32;
import org.bson.BsonInt64;
import org.bson.BsonString;
import org.bson.BsonValue;
import org.jspecify.annotations.Nullable;

/// Log records as documents.
final class LogDocuments {
  private LogDocuments() {}

  static BsonDocument encode(LogRecord.Turn turn) {
    BsonDocument document = begin(turn).append("takeover", new BsonInt64(turn.opening()));
    document.append("end", new BsonInt64(turn.end()));
    Removal removal = turn.removal();
    if (removal.positions().length > 0) {
      document.append("removed_count", new BsonInt32(removal.positions().length));
      document.append("removed", new BsonBinary(PositionRuns.encode(removal.positions())));
    }
    if (removal.leases().length > 0) {
      document.append("ended_leases", longs(removal.leases()));
    }
    if (!removal.keys().isEmpty()) {
      List<BsonBinary> hashes =
          removal.keys().stream().map(hash -> new BsonBinary(hash.bytes())).toList();
      document.append("removed_keys", new BsonArray(hashes));
    }
    return document;
  }

  /// @param openedAt in microseconds since 1970-01-01T00:00Z, for people
  static BsonDocument encode(LogRecord.Open open, long openedAt) {
    BsonDocument document = begin(open).append("open", BsonBoolean.TRUE);
    document.append("format", new BsonInt32(open.format()));
    Claim claim = open.claim();
    if (claim != null) {
      document
          .append("owner", new BsonString(claim.owner()))
          .append("incarnation", new BsonString(claim.incarnation().toString()))
          .append("generation", new BsonInt64(claim.generation()))
          .append("version", new BsonInt64(claim.version()));
    }
    if (open.base() > 0) {
      document.append("base", new BsonInt64(open.base()));
    }
    document.append("opened_at", new BsonInt64(openedAt));
    document.append("ends", new BsonArray(open.ends().stream().map(LogDocuments::end).toList()));
    if (open.dropped()) {
      document.append("dropped", BsonBoolean.TRUE);
    }
    return document;
  }

  /// Like an opening to whatever deletes records.
  static BsonDocument encode(LogRecord.Wall wall) {
    return beginAny(wall).append("open", BsonBoolean.TRUE).append("wall", BsonBoolean.TRUE);
  }

  private static BsonDocument beginAny(LogRecord entry) {
    return new BsonDocument("_id", new BsonString(Ids.log(entry.number())))
        .append("epoch", new BsonInt64(entry.epoch()))
        .append("token", new BsonInt64(entry.token()));
  }

  private static BsonDocument begin(LogRecord.State entry) {
    return beginAny(entry)
        .append("ready", new BsonInt64(entry.lowWater().ready()))
        .append("not_ready", new BsonInt64(entry.lowWater().notReady()))
        .append("cleaned", new BsonInt64(entry.cleaned()));
  }

  private static BsonDocument end(End end) {
    return new BsonDocument("epoch", new BsonInt64(end.epoch()))
        .append("end", new BsonInt64(end.count()))
        .append("turn", new BsonInt64(end.turn()));
  }

  private static BsonArray longs(long[] values) {
    return new BsonArray(Arrays.stream(values).mapToObj(BsonInt64::new).toList());
  }

  static LogRecord decode(BsonDocument document) {
    if (document.containsKey("wall")) {
      return new LogRecord.Wall(
          number(document), longAt(document, "epoch"), longAt(document, "token"));
    }
    return state(document);
  }

  /// Of a document that is no wall.
  static LogRecord.State state(BsonDocument document) {
    return document.containsKey("open") ? open(document) : turn(document);
  }

  private static LogRecord.Turn turn(BsonDocument document) {
    long number = number(document);
    return new LogRecord.Turn(
        number,
        longAt(document, "epoch"),
        longAt(document, "token"),
        longAt(document, "takeover"),
        longAt(document, "end"),
        lowWater(document),
        longAt(document, "cleaned"),
        removal(document, number));
  }

  private static Removal removal(BsonDocument document, long number) {
    long[] positions =
        document.containsKey("removed")
            ? PositionRuns.decode(
                document.getBinary("removed").getData(),
                document.getInt32("removed_count").getValue())
            : new long[0];
    long[] leases =
        array(document, "ended_leases").stream().mapToLong(id -> id.asInt64().getValue()).toArray();
    List<KeyHash> keys = new ArrayList<>();
    array(document, "removed_keys")
        .forEach(hash -> keys.add(KeyHash.of(hash.asBinary().getData())));
    return new Removal(number, positions, leases, keys);
  }

  private static LogRecord.Open open(BsonDocument document) {
    return new LogRecord.Open(
        number(document),
        longAt(document, "epoch"),
        longAt(document, "token"),
        document.getInt32("format").getValue(),
        claim(document),
        document.getInt64("base", new BsonInt64(0)).getValue(),
        ends(document),
        lowWater(document),
        longAt(document, "cleaned"),
        document.containsKey("dropped"));
  }

  private static @Nullable Claim claim(BsonDocument document) {
    return document.containsKey("owner")
        ? new Claim(
            document.getString("owner").getValue(),
            UUID.fromString(document.getString("incarnation").getValue()),
            longAt(document, "generation"),
            longAt(document, "version"))
        : null;
  }

  private static List<End> ends(BsonDocument document) {
    return array(document, "ends").stream()
        .map(BsonValue::asDocument)
        .map(end -> new End(longAt(end, "epoch"), longAt(end, "end"), longAt(end, "turn")))
        .toList();
  }

  private static LowWater lowWater(BsonDocument document) {
    return new LowWater(longAt(document, "ready"), longAt(document, "not_ready"));
  }

  private static BsonArray array(BsonDocument document, String field) {
    return document.getArray(field, new BsonArray());
  }

  private static long number(BsonDocument document) {
    return Ids.number(document.getString("_id").getValue());
  }

  private static long longAt(BsonDocument document, String field) {
    return document.getInt64(field).getValue();
  }
}
