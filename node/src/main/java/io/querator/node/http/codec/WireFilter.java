package io.querator.node.http.codec;

/// Checks a protobuf body before it is parsed, and takes out what must not reach the parser.
///
/// That is: fields the server does not know, which would be kept in memory at many times their size
/// and answer nobody, and elements of lists beyond what the [ListGate] keeps. What is left is
/// parsed with the cost that its size suggests.
final class WireFilter {
  private final byte[] body;
  private final int length;
  private final MessageTable table;
  private int listed;
  private int kept;
  private boolean unknown;

  WireFilter(byte[] body, int length, MessageTable table) {
    this.body = body;
    this.length = length;
    this.table = table;
  }

  /// @return how many elements the lists of the outer message have
  /// @throws CodecException if the body is not protobuf
  int check(ListGate gate) {
    check(new WireReader(body, length), table, length, gate, true);
    return listed;
  }

  /// Whether the body may be parsed as it is; else the parser gets what [#copy] leaves.
  boolean clean() {
    return !unknown && kept == listed;
  }

  /// The body without what must not be parsed.
  WireWriter copy() {
    WireWriter out = new WireWriter(length);
    listed = 0;
    copy(new WireReader(body, length), table, length, out, true);
    return out;
  }

  private void check(WireReader in, MessageTable message, int end, ListGate gate, boolean outer) {
    while (in.position() < end) {
      int tag = in.varint32();
      FieldTable field = message.tagged(tag);
      if (field != null && field.kind() == FieldKind.MESSAGE) {
        check(in, field.messageTable(), in.endOfLength(), gate, false);
      } else {
        in.skip(tag);
        unknown |= field == null;
      }
      if (outer && field != null && field.repeated() && gate.keep(++listed)) {
        kept++;
      }
    }
    if (in.position() != end) {
      throw CodecException.malformed();
    }
  }

  private void copy(WireReader in, MessageTable message, int end, WireWriter out, boolean outer) {
    while (in.position() < end) {
      int from = in.position();
      int tag = in.varint32();
      FieldTable field = message.tagged(tag);
      if (field == null || (outer && field.repeated() && ++listed > kept)) {
        in.skip(tag);
      } else if (field.kind() == FieldKind.MESSAGE) {
        out.varint(tag);
        int start = out.beginLength();
        copy(in, field.messageTable(), in.endOfLength(), out, false);
        out.endLength(start);
      } else {
        in.skip(tag);
        out.bytes(in.buffer(), from, in.position() - from);
      }
    }
  }
}
