package io.querator.cluster;

import static io.querator.cluster.Fields.readKey;
import static io.querator.cluster.Fields.readList;
import static io.querator.cluster.Fields.readNode;
import static io.querator.cluster.Fields.readUuid;
import static io.querator.cluster.Fields.writeKey;
import static io.querator.cluster.Fields.writeList;
import static io.querator.cluster.Fields.writeNode;
import static io.querator.cluster.Fields.writeUuid;

import io.querator.cluster.OwnershipCommand.Define;
import io.querator.cluster.OwnershipCommand.Drain;
import io.querator.cluster.OwnershipCommand.Evict;
import io.querator.cluster.OwnershipCommand.Found;
import io.querator.cluster.OwnershipCommand.Leave;
import io.querator.cluster.OwnershipCommand.PartitionDefinition;
import io.querator.cluster.OwnershipCommand.Tick;
import io.querator.cluster.Renewal.Fate;
import io.querator.cluster.Renewal.Report;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;

/// Commands as bytes: a format version, the kind, the fields.
public final class CommandCodec {
  private static final int VERSION = 1;

  private static final int FOUND = 1;
  private static final int TICK = 2;
  private static final int DRAIN = 3;
  private static final int LEAVE = 4;
  private static final int EVICT = 5;
  private static final int DEFINE = 6;

  private CommandCodec() {}

  public static byte[] encode(OwnershipCommand command) {
    return Fields.bytes(VERSION, out -> write(out, command));
  }

  private static void write(DataOutputStream out, OwnershipCommand command) throws IOException {
    switch (command) {
      case Found(var generation) -> {
        out.writeByte(FOUND);
        out.writeLong(generation);
      }
      case Tick(var controller, var elapsed, var lease, var renewals) -> {
        out.writeByte(TICK);
        writeUuid(out, controller);
        out.writeLong(elapsed);
        out.writeLong(lease);
        writeList(out, renewals, CommandCodec::writeRenewal);
      }
      case Drain(var node, var draining) -> {
        out.writeByte(DRAIN);
        writeNode(out, node);
        out.writeBoolean(draining);
      }
      case Leave(var node, var incarnation) -> {
        out.writeByte(LEAVE);
        writeNode(out, node);
        writeUuid(out, incarnation);
      }
      case Evict(var node, var incarnation) -> {
        out.writeByte(EVICT);
        writeNode(out, node);
        writeUuid(out, incarnation);
      }
      case Define(var added, var removed) -> {
        out.writeByte(DEFINE);
        writeList(out, added, CommandCodec::writeDefinition);
        writeList(out, removed, Fields::writeKey);
      }
    }
  }

  /// @throws IllegalArgumentException if these are not the bytes of a command that this program
  ///   knows
  public static OwnershipCommand decode(byte[] bytes) {
    try (DataInputStream in = Fields.open(VERSION, bytes)) {
      OwnershipCommand command = read(in);
      if (in.available() > 0) {
        throw new IllegalArgumentException("a command with " + in.available() + " bytes more");
      }
      return command;
    } catch (IOException e) {
      throw new IllegalArgumentException("a command that is cut short", e);
    }
  }

  private static OwnershipCommand read(DataInputStream in) throws IOException {
    int kind = in.readUnsignedByte();
    return switch (kind) {
      case FOUND -> new Found(in.readLong());
      case TICK ->
          new Tick(
              readUuid(in), in.readLong(), in.readLong(), readList(in, CommandCodec::readRenewal));
      case DRAIN -> new Drain(readNode(in), in.readBoolean());
      case LEAVE -> new Leave(readNode(in), readUuid(in));
      case EVICT -> new Evict(readNode(in), readUuid(in));
      case DEFINE ->
          new Define(readList(in, CommandCodec::readDefinition), readList(in, Fields::readKey));
      default -> throw new IllegalArgumentException("a command of unknown kind " + kind);
    };
  }

  private static void writeDefinition(DataOutputStream out, PartitionDefinition definition)
      throws IOException {
    writeKey(out, definition.key());
    out.writeLong(definition.queue());
  }

  private static PartitionDefinition readDefinition(DataInputStream in) throws IOException {
    return new PartitionDefinition(readKey(in), in.readLong());
  }

  static void writeRenewal(DataOutputStream out, Renewal renewal) throws IOException {
    writeNode(out, renewal.node());
    writeUuid(out, renewal.incarnation());
    out.writeUTF(renewal.api());
    out.writeUTF(renewal.peer());
    out.writeBoolean(renewal.storageReachable());
    out.writeInt(renewal.featureLevel());
    out.writeUTF(renewal.version());
    out.writeLong(renewal.generation());
    writeList(out, renewal.reports(), CommandCodec::writeReport);
  }

  static Renewal readRenewal(DataInputStream in) throws IOException {
    return new Renewal(
        readNode(in),
        readUuid(in),
        in.readUTF(),
        in.readUTF(),
        in.readBoolean(),
        in.readInt(),
        in.readUTF(),
        in.readLong(),
        readList(in, CommandCodec::readReport));
  }

  private static void writeReport(DataOutputStream out, Report report) throws IOException {
    writeKey(out, report.partition());
    out.writeLong(report.version());
    out.writeLong(report.epoch());
    out.writeBoolean(report.fate() == Fate.OPENED);
  }

  private static Report readReport(DataInputStream in) throws IOException {
    return new Report(
        readKey(in), in.readLong(), in.readLong(), in.readBoolean() ? Fate.OPENED : Fate.RELEASED);
  }
}
