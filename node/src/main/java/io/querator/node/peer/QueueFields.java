package io.querator.node.peer;

import io.querator.cluster.Fields;
import io.querator.node.service.Peers.Answer;
import io.querator.queue.DeadItem;
import io.querator.queue.ItemId;
import io.querator.queue.LeaseAnswer;
import io.querator.queue.LeasedItem;
import io.querator.queue.Outcome;
import io.querator.queue.Outcome.Done;
import io.querator.queue.Outcome.NotExecuted;
import io.querator.queue.Outcome.Reason;
import io.querator.queue.Outcome.Refused;
import io.querator.queue.Outcome.Unknown;
import io.querator.storage.ItemContent;
import io.querator.storage.KeyEntry;
import io.querator.storage.KeyHash;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/// How the parts of messages about queues are written, big-endian, after a byte with the version of
/// the format, and read again.
final class QueueFields {
  private static final int VERSION = 1;

  /// Stands where a reason would: why a lease call ended is not known.
  private static final int UNKNOWN_LEASE = 0xFF;

  private static final int DONE = 0;
  private static final int NOT_EXECUTED = 1;
  private static final int UNKNOWN = 2;
  private static final int REFUSED = 3;

  private QueueFields() {}

  static byte[] bytes(Fields.Writing writing) {
    return Fields.bytes(VERSION, writing);
  }

  /// @throws IllegalArgumentException if the bytes are not such a message
  static <T> T read(byte[] bytes, Fields.Reader<T> reader) {
    try (DataInputStream in = Fields.open(VERSION, bytes)) {
      return reader.read(in);
    } catch (IOException e) {
      throw new IllegalArgumentException("a message that is cut short", e);
    }
  }

  static byte[] bytes(Answer answer) {
    return new byte[] {
      switch (answer) {
        case NO -> 0;
        case YES -> 1;
        case UNKNOWN -> 2;
      }
    };
  }

  static Answer answer(byte[] bytes) {
    return switch (bytes[0]) {
      case 0 -> Answer.NO;
      case 1 -> Answer.YES;
      default -> Answer.UNKNOWN;
    };
  }

  static void writeBytes(DataOutputStream out, byte[] bytes) throws IOException {
    out.writeInt(bytes.length);
    out.write(bytes);
  }

  static byte[] readBytes(DataInputStream in) throws IOException {
    int length = in.readInt();
    if (length < 0 || length > in.available()) {
      throw new IOException("a text longer than its message");
    }
    return in.readNBytes(length);
  }

  static void writeText(DataOutputStream out, String text) throws IOException {
    writeBytes(out, text.getBytes(StandardCharsets.UTF_8));
  }

  static String readText(DataInputStream in) throws IOException {
    return new String(readBytes(in), StandardCharsets.UTF_8);
  }

  static void writeHash(DataOutputStream out, KeyHash hash) throws IOException {
    out.writeLong(hash.high());
    out.writeLong(hash.low());
  }

  static KeyHash readHash(DataInputStream in) throws IOException {
    return new KeyHash(in.readLong(), in.readLong());
  }

  static void writeContent(DataOutputStream out, ItemContent content) throws IOException {
    writeText(out, content.kind());
    writeText(out, content.reference());
    writeText(out, content.encoding());
    writeBytes(out, content.payload());
    byte[] extra = content.extra();
    out.writeBoolean(extra != null);
    if (extra != null) {
      writeBytes(out, extra);
    }
  }

  static ItemContent readContent(DataInputStream in) throws IOException {
    String kind = readText(in);
    String reference = readText(in);
    String encoding = readText(in);
    byte[] payload = readBytes(in);
    return in.readBoolean()
        ? new ItemContent(kind, reference, encoding, payload, readBytes(in))
        : new ItemContent(kind, reference, encoding, payload);
  }

  static void writeDead(DataOutputStream out, DeadItem item) throws IOException {
    writeText(out, item.sourceId());
    writeContent(out, item.content());
  }

  static DeadItem readDead(DataInputStream in) throws IOException {
    return new DeadItem(readText(in), readContent(in));
  }

  static void writeEntry(DataOutputStream out, KeyEntry entry) throws IOException {
    writeHash(out, entry.hash());
    out.writeInt(entry.minute());
    writeHash(out, entry.request());
    out.writeLong(entry.first());
    out.writeInt(entry.count());
  }

  static KeyEntry readEntry(DataInputStream in) throws IOException {
    return new KeyEntry(readHash(in), in.readInt(), readHash(in), in.readLong(), in.readInt());
  }

  static void writeEntry(DataOutputStream out, Optional<KeyEntry> entry) throws IOException {
    out.writeBoolean(entry.isPresent());
    if (entry.isPresent()) {
      writeEntry(out, entry.get());
    }
  }

  static Optional<KeyEntry> readOptionalEntry(DataInputStream in) throws IOException {
    return in.readBoolean() ? Optional.of(readEntry(in)) : Optional.empty();
  }

  static void writeAnswer(DataOutputStream out, LeaseAnswer answer) throws IOException {
    switch (answer) {
      case LeaseAnswer.Leased(var partition, var items) -> {
        out.writeBoolean(true);
        out.writeInt(partition);
        Fields.writeList(out, items, QueueFields::writeItem);
      }
      case LeaseAnswer.Ended(var reason) -> {
        out.writeBoolean(false);
        writeReason(out, reason);
      }
      case LeaseAnswer.Unknown() -> {
        out.writeBoolean(false);
        out.writeByte(UNKNOWN_LEASE);
      }
    }
  }

  static LeaseAnswer readAnswer(DataInputStream in) throws IOException {
    if (in.readBoolean()) {
      return new LeaseAnswer.Leased(in.readInt(), Fields.readList(in, QueueFields::readItem));
    }
    int reason = in.readUnsignedByte();
    return reason == UNKNOWN_LEASE
        ? new LeaseAnswer.Unknown()
        : new LeaseAnswer.Ended(reason(reason));
  }

  private static void writeItem(DataOutputStream out, LeasedItem item) throws IOException {
    writeText(out, item.id().toString());
    out.writeInt(item.attempts());
    out.writeLong(item.deadline());
    writeContent(out, item.content());
  }

  private static LeasedItem readItem(DataInputStream in) throws IOException {
    try {
      return new LeasedItem(
          ItemId.parse(readText(in)), in.readInt(), in.readLong(), readContent(in));
    } catch (ItemId.MalformedException e) {
      throw new IOException("not an item's id", e);
    }
  }

  private static void writeReason(DataOutputStream out, Reason reason) throws IOException {
    out.writeByte(reason.ordinal());
  }

  private static Reason readReason(DataInputStream in) throws IOException {
    return reason(in.readUnsignedByte());
  }

  private static Reason reason(int ordinal) {
    Reason[] reasons = Reason.values();
    return ordinal < reasons.length ? reasons[ordinal] : Reason.FAILING;
  }

  static <R> byte[] outcome(Outcome<R> outcome, Fields.Writer<R> writer) {
    return bytes(out -> {
      switch (outcome) {
        case Done<R>(var value) -> {
          out.writeByte(DONE);
          writer.write(out, value);
        }
        case NotExecuted<R>(var reason) -> {
          out.writeByte(NOT_EXECUTED);
          writeReason(out, reason);
        }
        case Unknown<R>(var late) -> {
          out.writeByte(UNKNOWN);
          out.writeBoolean(late);
        }
        case Refused<R>(var message) -> {
          out.writeByte(REFUSED);
          writeText(out, message);
        }
      }
    });
  }

  static <R> Outcome<R> outcome(byte[] bytes, Fields.Reader<R> reader) {
    return read(
        bytes,
        in -> {
          int kind = in.readUnsignedByte();
          return switch (kind) {
            case DONE -> new Done<>(reader.read(in));
            case NOT_EXECUTED -> new NotExecuted<>(readReason(in));
            case UNKNOWN -> new Unknown<>(in.readBoolean());
            case REFUSED -> new Refused<>(readText(in));
            default -> throw new IOException("an outcome of unknown kind " + kind);
          };
        });
  }
}
