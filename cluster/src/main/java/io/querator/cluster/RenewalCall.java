package io.querator.cluster;

import static java.util.Objects.requireNonNull;

import java.io.DataInputStream;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/// A renewal on its way to the node that leads, which answers with the table.
///
/// @param generation with `index`, the view that the sender has
public record RenewalCall(Renewal renewal, long generation, long index) {
  private static final int VERSION = 1;

  public RenewalCall {
    requireNonNull(renewal, "renewal");
  }

  /// Whether `view` tells the sender something.
  public boolean isBehind(OwnershipView view) {
    return view.generation() > generation
        || (view.generation() == generation && view.changedAt() > index);
  }

  public byte[] encode() {
    return Fields.bytes(
        VERSION,
        out -> {
          CommandCodec.writeRenewal(out, renewal);
          out.writeLong(generation);
          out.writeLong(index);
        });
  }

  /// @throws IllegalArgumentException if these are not bytes that [#encode] gave
  public static RenewalCall decode(byte[] bytes) {
    try (DataInputStream in = Fields.open(VERSION, bytes)) {
      return new RenewalCall(CommandCodec.readRenewal(in), in.readLong(), in.readLong());
    } catch (IOException e) {
      throw new IllegalArgumentException("a renewal that is cut short", e);
    }
  }

  /// What is answered to a renewal.
  public sealed interface Answer {
    int NOT_LEADER = 0;
    int CURRENT = 1;
    int CHANGED = 2;

    /// It does not count here.
    ///
    /// @param leader who leads instead, if that is known
    record NotLeader(@Nullable NodeId leader) implements Answer {}

    /// It counts, and the sender knows the table.
    record Current() implements Answer {}

    /// It counts, and the table has changed.
    record Changed(OwnershipView view) implements Answer {}

    default byte[] encode() {
      return Fields.bytes(
          VERSION,
          out -> {
            switch (this) {
              case NotLeader(var leader) -> {
                out.writeByte(NOT_LEADER);
                Fields.writeOptional(out, leader, Fields::writeNode);
              }
              case Current() -> out.writeByte(CURRENT);
              case Changed(var view) -> {
                out.writeByte(CHANGED);
                out.write(TableCodec.encode(view));
              }
            }
          });
    }

    /// @throws IllegalArgumentException if these are not bytes that [#encode] gave
    static Answer decode(byte[] bytes) {
      try (DataInputStream in = Fields.open(VERSION, bytes)) {
        int kind = in.readUnsignedByte();
        return switch (kind) {
          case NOT_LEADER -> new NotLeader(Fields.readOptional(in, Fields::readNode));
          case CURRENT -> new Current();
          case CHANGED -> new Changed(TableCodec.decodeView(in.readAllBytes()));
          default -> throw new IllegalArgumentException("an answer of unknown kind " + kind);
        };
      } catch (IOException e) {
        throw new IllegalArgumentException("an answer that is cut short", e);
      }
    }
  }
}
