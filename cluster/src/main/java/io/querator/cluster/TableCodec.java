package io.querator.cluster;

import static io.querator.cluster.Fields.readKey;
import static io.querator.cluster.Fields.readList;
import static io.querator.cluster.Fields.readNode;
import static io.querator.cluster.Fields.readOptional;
import static io.querator.cluster.Fields.readUuid;
import static io.querator.cluster.Fields.writeKey;
import static io.querator.cluster.Fields.writeList;
import static io.querator.cluster.Fields.writeNode;
import static io.querator.cluster.Fields.writeOptional;
import static io.querator.cluster.Fields.writeUuid;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/// A table as bytes: `QOWN`, a format version, the length and CRC-32C of what follows, the fields.
/// Equal tables give equal bytes.
final class TableCodec {
  private static final int MAGIC = 0x514f574e;
  private static final int VERSION = 1;
  private static final int HEADER = 4 + 1 + 4 + 4;

  private TableCodec() {}

  /// All that a table remembers.
  record Contents(
      long generation,
      long index,
      long changedAt,
      long now,
      @Nullable UUID controller,
      List<Member> members,
      List<Ownership> partitions,
      List<Map.Entry<NodeId, Failures>> failures,
      List<Map.Entry<NodeId, UUID>> draining,
      List<UUID> left,
      long moves,
      List<Failover> failovers) {}

  /// What the nodes are told of a table.
  static byte[] encode(OwnershipView view) {
    return encode(
        new Contents(
            view.generation(),
            view.index(),
            view.changedAt(),
            view.now(),
            view.controller(),
            view.members(),
            view.partitions(),
            List.of(),
            view.members().stream()
                .filter(member -> view.draining().contains(member.id()))
                .map(member -> Map.entry(member.id(), member.incarnation()))
                .toList(),
            List.of(),
            view.moves(),
            view.failovers()));
  }

  /// @throws IllegalArgumentException as [#decode]
  static OwnershipView decodeView(byte[] bytes) {
    Contents contents = decode(bytes);
    return new OwnershipView(
        contents.generation(),
        contents.index(),
        contents.changedAt(),
        contents.now(),
        contents.controller(),
        contents.members(),
        contents.draining().stream().map(Map.Entry::getKey).toList(),
        contents.partitions(),
        contents.moves(),
        contents.failovers());
  }

  static byte[] encode(Contents contents) {
    byte[] body = body(contents);
    return ByteBuffer.allocate(HEADER + body.length)
        .putInt(MAGIC)
        .put((byte) VERSION)
        .putInt(body.length)
        .putInt(checksum(body))
        .put(body)
        .array();
  }

  private static byte[] body(Contents contents) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (DataOutputStream out = new DataOutputStream(bytes)) {
      out.writeLong(contents.generation());
      out.writeLong(contents.index());
      out.writeLong(contents.changedAt());
      out.writeLong(contents.now());
      writeOptional(out, contents.controller(), Fields::writeUuid);
      writeList(out, contents.members(), TableCodec::writeMember);
      writeList(out, contents.partitions(), TableCodec::writePartition);
      writeList(out, contents.failures(), TableCodec::writeFailures);
      writeList(out, contents.draining(), TableCodec::writeDraining);
      writeList(out, contents.left(), Fields::writeUuid);
      out.writeLong(contents.moves());
      writeList(out, contents.failovers(), TableCodec::writeFailover);
    } catch (IOException e) {
      throw new IllegalStateException("memory does not fail", e);
    }
    return bytes.toByteArray();
  }

  /// @throws IllegalArgumentException if these are not the bytes of a whole, undamaged table of a
  ///   format that this program knows
  static Contents decode(byte[] bytes) {
    if (bytes.length < HEADER) {
      throw new IllegalArgumentException("a table of " + bytes.length + " bytes");
    }
    ByteBuffer header = ByteBuffer.wrap(bytes);
    if (header.getInt() != MAGIC) {
      throw new IllegalArgumentException("not a table");
    }
    int version = header.get();
    if (version != VERSION) {
      throw new IllegalArgumentException("a table of unknown format " + version);
    }
    int length = header.getInt();
    int checksum = header.getInt();
    byte[] body = Arrays.copyOfRange(bytes, HEADER, bytes.length);
    if (length != body.length || checksum != checksum(body)) {
      throw new IllegalArgumentException("a damaged table");
    }
    try (DataInputStream in = new DataInputStream(new ByteArrayInputStream(body))) {
      return read(in);
    } catch (IOException e) {
      throw new IllegalArgumentException("a damaged table", e);
    }
  }

  private static Contents read(DataInputStream in) throws IOException {
    return new Contents(
        in.readLong(),
        in.readLong(),
        in.readLong(),
        in.readLong(),
        readOptional(in, Fields::readUuid),
        readList(in, TableCodec::readMember),
        readList(in, TableCodec::readPartition),
        readList(in, TableCodec::readFailures),
        readList(in, TableCodec::readDraining),
        readList(in, Fields::readUuid),
        in.readLong(),
        readList(in, TableCodec::readFailover));
  }

  private static int checksum(byte[] body) {
    CRC32C crc = new CRC32C();
    crc.update(body);
    return (int) crc.getValue();
  }

  private static void writeMember(DataOutputStream out, Member member) throws IOException {
    writeNode(out, member.id());
    writeUuid(out, member.incarnation());
    out.writeUTF(member.api());
    out.writeUTF(member.peer());
    out.writeBoolean(member.storageReachable());
    out.writeLong(member.storageSince());
    out.writeInt(member.featureLevel());
    out.writeUTF(member.version());
    out.writeLong(member.heardAt());
    out.writeLong(member.leaseUntil());
  }

  private static Member readMember(DataInputStream in) throws IOException {
    return new Member(
        readNode(in),
        readUuid(in),
        in.readUTF(),
        in.readUTF(),
        in.readBoolean(),
        in.readLong(),
        in.readInt(),
        in.readUTF(),
        in.readLong(),
        in.readLong());
  }

  private static void writePartition(DataOutputStream out, Ownership partition) throws IOException {
    writeKey(out, partition.key());
    out.writeLong(partition.queue());
    out.writeByte(partition.state().ordinal());
    writeOptional(out, partition.owner(), Fields::writeNode);
    writeOptional(out, partition.incarnation(), Fields::writeUuid);
    out.writeLong(partition.version());
    out.writeLong(partition.epoch());
    writeOptional(out, partition.next(), Fields::writeNode);
    out.writeLong(partition.since());
  }

  private static Ownership readPartition(DataInputStream in) throws IOException {
    return new Ownership(
        readKey(in),
        in.readLong(),
        one(Ownership.State.values(), in.readUnsignedByte()),
        readOptional(in, Fields::readNode),
        readOptional(in, Fields::readUuid),
        in.readLong(),
        in.readLong(),
        readOptional(in, Fields::readNode),
        in.readLong());
  }

  private static <E extends Enum<E>> E one(E[] values, int ordinal) throws IOException {
    if (ordinal >= values.length) {
      throw new IOException(values[0].getDeclaringClass().getSimpleName() + " " + ordinal);
    }
    return values[ordinal];
  }

  private static void writeFailover(DataOutputStream out, Failover failover) throws IOException {
    writeNode(out, failover.node());
    out.writeByte(failover.cause().ordinal());
    out.writeLong(failover.index());
    out.writeLong(failover.since());
    out.writeInt(failover.partitions());
    writeList(out, failover.waiting(), Fields::writeKey);
    out.writeLong(failover.until());
  }

  private static Failover readFailover(DataInputStream in) throws IOException {
    return new Failover(
        readNode(in),
        one(Failover.Cause.values(), in.readUnsignedByte()),
        in.readLong(),
        in.readLong(),
        in.readInt(),
        readList(in, Fields::readKey),
        in.readLong());
  }

  private static void writeDraining(DataOutputStream out, Map.Entry<NodeId, UUID> entry)
      throws IOException {
    writeNode(out, entry.getKey());
    writeUuid(out, entry.getValue());
  }

  private static Map.Entry<NodeId, UUID> readDraining(DataInputStream in) throws IOException {
    return Map.entry(readNode(in), readUuid(in));
  }

  private static void writeFailures(DataOutputStream out, Map.Entry<NodeId, Failures> entry)
      throws IOException {
    writeNode(out, entry.getKey());
    out.writeInt(entry.getValue().count());
    out.writeLong(entry.getValue().until());
    out.writeLong(entry.getValue().last());
  }

  private static Map.Entry<NodeId, Failures> readFailures(DataInputStream in) throws IOException {
    return Map.entry(readNode(in), new Failures(in.readInt(), in.readLong(), in.readLong()));
  }
}
