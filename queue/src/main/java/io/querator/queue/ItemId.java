package io.querator.queue;

import static java.util.Objects.requireNonNull;

import io.querator.storage.ItemHead;
import io.querator.storage.PartitionKey;
import io.querator.storage.Position;

/// The public id of an item: a KSUID made of the second it took its place, its partition's key and
/// its position, so that the order of the texts is the queue order within a partition.
///
/// Only every second KSUID of a partition is an id. For clients list from an item on by the
/// predecessor of its id, which must not be the id of the item before it.
///
/// @param second seconds since the KSUID epoch, an unsigned 32-bit number
/// @param serial a position, its count doubled; anything else in an id that nobody has given
public record ItemId(int second, PartitionKey partition, long serial)
    implements Comparable<ItemId> {
  private static final long MICROS_PER_SECOND = 1_000_000;
  private static final long COUNT_MASK = (1L << Position.COUNT_BITS) - 1;

  public ItemId {
    requireNonNull(partition, "partition");
  }

  /// The id of the item at `head` of `partition`.
  public static ItemId of(PartitionKey partition, ItemHead head) {
    return of(partition, head.placedAt(), head.position());
  }

  /// The id of the item that took `position` at `placedAt` (microseconds since 1970).
  static ItemId of(PartitionKey partition, long placedAt, long position) {
    return new ItemId(secondOf(placedAt), partition, serialOf(position));
  }

  private static long serialOf(long position) {
    long count = position & COUNT_MASK;
    if (count > COUNT_MASK >>> 1) {
      throw new IllegalArgumentException("position without an id: " + position);
    }
    return position + count;
  }

  /// The position of the item; that of the last item before it where this is no item's id.
  public long position() {
    return (serial & ~COUNT_MASK) | (serial & COUNT_MASK) >>> 1;
  }

  /// The position of the first item whose id is not before this one, as far as it depends on the
  /// position.
  public long positionNotBefore() {
    return position() + (serial & 1);
  }

  /// Whether it is the id of the item at `head` of its partition.
  boolean names(ItemHead head) {
    return secondOf(head.placedAt()) == second && serialOf(head.position()) == serial;
  }

  static int secondOf(long placedAt) {
    long second = Math.floorDiv(placedAt, MICROS_PER_SECOND) - Ksuid.EPOCH_SECOND;
    return (int) Math.clamp(second, 0, 0xFFFF_FFFFL);
  }

  /// Reads any KSUID; whether it names an item is another question.
  ///
  /// @throws MalformedException if `text` is not a KSUID
  public static ItemId parse(String text) {
    int[] words = Ksuid.words(text);
    return new ItemId(
        words[0], new PartitionKey(join(words[1], words[2])), join(words[3], words[4]));
  }

  private static long join(int high, int low) {
    return (long) high << 32 | Integer.toUnsignedLong(low);
  }

  /// The order of the texts.
  @Override
  public int compareTo(ItemId other) {
    int bySecond = Integer.compareUnsigned(second, other.second);
    if (bySecond != 0) {
      return bySecond;
    }
    int byPartition = partition.compareTo(other.partition);
    return byPartition != 0 ? byPartition : Long.compareUnsigned(serial, other.serial);
  }

  /// 27 characters of base62.
  @Override
  public String toString() {
    return Ksuid.text(second, partition.bits(), serial);
  }

  /// A text that is not a KSUID; the message is part of the API.
  public static final class MalformedException extends IllegalArgumentException {
    private static final long serialVersionUID = 1L;

    MalformedException(String message) {
      super(message);
    }
  }
}
