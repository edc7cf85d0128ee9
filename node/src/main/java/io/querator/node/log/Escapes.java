package io.querator.node.log;

import java.util.HexFormat;

/// Keeps text on its line, whatever clients have put into it.
final class Escapes {
  /// Characters of one text that are shown.
  private static final int LENGTH_MAX = 8_192;

  private Escapes() {}

  /// Appends `text` without characters that end lines or steer terminals.
  static void appendLine(StringBuilder out, String text) {
    append(out, text, false);
  }

  /// Appends `text` as the inside of a JSON string.
  static void appendQuoted(StringBuilder out, String text) {
    append(out, text, true);
  }

  private static void append(StringBuilder out, String text, boolean quoted) {
    int length = Math.min(text.length(), LENGTH_MAX);
    for (int i = 0; i < length; i++) {
      char c = text.charAt(i);
      switch (c) {
        case '\n' -> out.append("\\n");
        case '\r' -> out.append("\\r");
        case '\t' -> out.append("\\t");
        case '"', '\\' -> out.append(quoted ? "\\" : "").append(c);
        default -> appendOther(out, text, i);
      }
    }
    if (length < text.length()) {
      out.append('…');
    }
  }

  private static void appendOther(StringBuilder out, String text, int index) {
    char c = text.charAt(index);
    if (isDangerous(c) || isLoneSurrogate(text, index)) {
      out.append("\\u").append(HexFormat.of().toHexDigits(c));
    } else {
      out.append(c);
    }
  }

  private static boolean isDangerous(char c) {
    return switch (Character.getType(c)) {
      case Character.CONTROL,
          Character.FORMAT,
          Character.LINE_SEPARATOR,
          Character.PARAGRAPH_SEPARATOR ->
          true;
      default -> false;
    };
  }

  private static boolean isLoneSurrogate(String text, int index) {
    char c = text.charAt(index);
    if (Character.isHighSurrogate(c)) {
      return index + 1 == text.length() || !Character.isLowSurrogate(text.charAt(index + 1));
    }
    return Character.isLowSurrogate(c)
        && (index == 0 || !Character.isHighSurrogate(text.charAt(index - 1)));
  }
}
