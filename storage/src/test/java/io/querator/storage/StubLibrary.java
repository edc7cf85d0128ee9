package io.querator.storage;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/// A shared library for Linux on amd64 that has a name, and functions that all return -1.
///
/// It stands in for one that a program names but can do without, where that is not installed. See
/// elf(5); the layout is a page of code and a page of what the dynamic linker reads.
///
/// @param name as the program knows it
record StubLibrary(String name, List<String> functions) {
  private static final int HEADER_BYTES = 64;
  private static final int SEGMENT_BYTES = 56;
  private static final int SYMBOL_BYTES = 24;
  private static final int PAGE_BYTES = 4096;

  /// `mov eax, -1; ret`
  private static final byte[] CODE = {(byte) 0xb8, -1, -1, -1, -1, (byte) 0xc3};

  private static final int SEGMENTS = 4;
  private static final int LOAD = 1;
  private static final int DYNAMIC = 2;
  private static final int STACK = 0x6474e551;
  private static final int READ_EXECUTE = 5;
  private static final int READ_WRITE = 6;

  private static final int CODE_OFFSET = HEADER_BYTES + SEGMENTS * SEGMENT_BYTES;
  private static final int ENTRIES = 7;
  private static final int ENTRIES_BYTES = ENTRIES * 16;

  StubLibrary {
    functions = List.copyOf(functions);
  }

  byte[] bytes() {
    List<Integer> names = new ArrayList<>();
    StringBuilder text = new StringBuilder("\0");
    for (String each : names()) {
      names.add(text.length());
      text.append(each).append('\0');
    }
    int symbols = 1 + functions.size();
    int hash = PAGE_BYTES + ENTRIES_BYTES;
    int symbol = hash + 4 * (3 + symbols) + 7 & ~7;
    int strings = symbol + SYMBOL_BYTES * symbols;
    int end = strings + text.length();
    ByteBuffer out = ByteBuffer.allocate(end).order(ByteOrder.LITTLE_ENDIAN);
    header(out);
    segment(out, LOAD, READ_EXECUTE, 0, CODE_OFFSET + CODE.length);
    segment(out, LOAD, READ_WRITE, PAGE_BYTES, end - PAGE_BYTES);
    segment(out, DYNAMIC, READ_WRITE, PAGE_BYTES, ENTRIES_BYTES);
    segment(out, STACK, READ_WRITE, 0, 0);
    out.put(CODE);
    out.position(PAGE_BYTES);
    entry(out, 4, hash);
    entry(out, 5, strings);
    entry(out, 6, symbol);
    entry(out, 10, text.length());
    entry(out, 11, SYMBOL_BYTES);
    entry(out, 14, names.getFirst());
    entry(out, 0, 0);
    chain(out, symbols);
    out.position(symbol + SYMBOL_BYTES);
    for (int name : names.subList(1, names.size())) {
      out.putInt(name).put((byte) 0x12).put((byte) 0).putShort((short) 1);
      out.putLong(CODE_OFFSET).putLong(CODE.length);
    }
    out.put(text.toString().getBytes(StandardCharsets.US_ASCII));
    return out.array();
  }

  private List<String> names() {
    List<String> names = new ArrayList<>(List.of(name));
    names.addAll(functions);
    return names;
  }

  private static void header(ByteBuffer out) {
    out.put(new byte[] {0x7f, 'E', 'L', 'F', 2, 1, 1, 0}).putLong(0);
    out.putShort((short) 3).putShort((short) 62).putInt(1);
    out.putLong(0).putLong(HEADER_BYTES).putLong(0).putInt(0);
    out.putShort((short) HEADER_BYTES).putShort((short) SEGMENT_BYTES).putShort((short) SEGMENTS);
    out.putShort((short) 64).putShort((short) 0).putShort((short) 0);
  }

  private static void segment(ByteBuffer out, int type, int flags, long at, long bytes) {
    out.putInt(type).putInt(flags).putLong(at).putLong(at).putLong(at).putLong(bytes);
    out.putLong(bytes).putLong(type == LOAD ? PAGE_BYTES : 8);
  }

  private static void entry(ByteBuffer out, long tag, long value) {
    out.putLong(tag).putLong(value);
  }

  /// A hash table with one bucket, which leads from each symbol to the next.
  private static void chain(ByteBuffer out, int symbols) {
    out.putInt(1).putInt(symbols).putInt(symbols > 1 ? 1 : 0).putInt(0);
    for (int i = 1; i < symbols; i++) {
      out.putInt(i + 1 < symbols ? i + 1 : 0);
    }
  }
}
