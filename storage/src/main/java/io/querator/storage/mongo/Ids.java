package io.querator.storage.mongo;

import com.mongodb.client.model.Filters;
import io.querator.storage.PartitionKey;
import java.util.HexFormat;
import java.util.List;
import org.bson.BsonBinary;
import org.bson.conversions.Bson;
import org.jspecify.annotations.Nullable;

/// The `_id`s of a partition's collection: items have their position, all else has a text whose
/// first letter tells what it is, so that each kind lies together.
final class Ids {
  private static final String ITEMS = "q_";
  private static final int DIGITS = 19;

  private Ids() {}

  /// The collection of a partition.
  static String collection(PartitionKey key) {
    return ITEMS + key;
  }

  /// The partition whose collection has that name; null if it is another collection.
  static @Nullable PartitionKey partition(String collection) {
    try {
      return collection.startsWith(ITEMS)
          ? PartitionKey.parse(collection.substring(ITEMS.length()))
          : null;
    } catch (IllegalArgumentException e) {
      return null; // somebody else's
    }
  }

  /// The record number `number` of a partition's log.
  static String log(long number) {
    return "t" + digits(number);
  }

  /// The number of the log record, or lease, `id`.
  static long number(String id) {
    return Long.parseLong(id, 1, id.length(), 10);
  }

  /// Every record of the log.
  static Bson allLog() {
    return between("t", "u");
  }

  /// @param id numbered like a ready position
  static String lease(long id) {
    return "l" + digits(id);
  }

  /// Every lease.
  static Bson allLeases() {
    return between("l", "m");
  }

  /// A key's id begins with its minute and the epoch that wrote it. No two attempts to write a key
  /// have the same: what a refused turn left behind is in nobody's way.
  static String key(int minute, long epoch, long turn, int number) {
    return "k%010d.%08d.%s.%06d".formatted(minute, epoch, digits(turn), number);
  }

  /// Where keys of a minute and an epoch begin.
  record KeyPlace(int minute, long epoch) {}

  static KeyPlace placeOfKey(String id) {
    return new KeyPlace(Integer.parseInt(id, 1, 11, 10), Long.parseLong(id, 12, 20, 10));
  }

  /// Every key of a minute that is not [io.querator.storage.KeyEntry#KEPT].
  static Bson keysOfMinute(int minute) {
    return between("k%010d".formatted(minute), "k%010d".formatted(minute + 1));
  }

  /// Every key from `place` on.
  static Bson keysFrom(KeyPlace place) {
    return between("k%010d.%08d".formatted(place.minute(), place.epoch()), "l");
  }

  /// Every lease from `id` on.
  static Bson leasesFrom(long id) {
    return between(lease(id), "m");
  }

  /// Every key.
  static Bson allKeys() {
    return between("k", "l");
  }

  /// Keys with one of these hashes. The first part is what the index is made for; see
  /// [Collections#create].
  static Bson byHash(List<BsonBinary> hashes) {
    return Filters.and(Filters.exists("hash"), Filters.in("hash", hashes));
  }

  /// Every key older than a minute.
  static Bson keysBefore(int minute) {
    return between("k", "k%010d".formatted(Math.max(0, minute)));
  }

  /// A piece of the payload of the item at `position`.
  static String part(long position, int number) {
    return partPrefix(position) + ".%04d".formatted(number);
  }

  /// All pieces of the payload of one item.
  static Bson parts(long position) {
    return between(partPrefix(position) + ".", partPrefix(position) + "/");
  }

  /// All pieces of all payloads.
  static Bson allParts() {
    return between("p", "q");
  }

  /// The position of the item that the piece `id` belongs to.
  static long positionOfPart(String id) {
    return HexFormat.fromHexDigitsToLong(id, 1, 17);
  }

  private static String partPrefix(long position) {
    return "p" + HexFormat.of().toHexDigits(position);
  }

  private static Bson between(String from, String below) {
    return Filters.and(Filters.gte("_id", from), Filters.lt("_id", below));
  }

  private static String digits(long number) {
    String text = Long.toString(number);
    return "0".repeat(DIGITS - text.length()) + text;
  }
}
