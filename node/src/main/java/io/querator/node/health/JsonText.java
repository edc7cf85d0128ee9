package io.querator.node.health;

import java.util.HexFormat;

/// Strings of JSON.
final class JsonText {
  /// Characters of one text that are shown.
  private static final int LENGTH_MAX = 4_096;

  private JsonText() {}

  /// Appends `text` in quotes.
  static void append(StringBuilder json, String text) {
    json.append('"');
    for (int i = 0; i < Math.min(text.length(), LENGTH_MAX); i++) {
      char c = text.charAt(i);
      if (c < ' ' || Character.isSurrogate(c)) {
        json.append("\\u").append(HexFormat.of().toHexDigits(c));
      } else {
        json.append(c == '"' || c == '\\' ? "\\" : "").append(c);
      }
    }
    json.append('"');
  }
}
