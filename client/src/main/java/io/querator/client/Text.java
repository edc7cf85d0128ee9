package io.querator.client;

/// What the API means by white space, blank and length of a text.
///
/// White space is the Unicode property White_Space, which is neither [Character#isWhitespace(char)]
/// (without U+0085 and U+00A0, but with U+001C to U+001F) nor what [String#strip()] removes.
public final class Text {
  private Text() {}

  /// Whether a character has the Unicode property White_Space. None of those is outside the basic
  /// plane.
  public static boolean isWhiteSpace(char c) {
    if (c < 0x80) {
      return c == ' ' || (c >= '\t' && c <= '\r');
    }
    return switch (c) {
      case 0x0085, 0x00A0, 0x1680, 0x2028, 0x2029, 0x202F, 0x205F, 0x3000 -> true;
      default -> c >= 0x2000 && c <= 0x200A;
    };
  }

  /// Whether nothing but white space is in a text.
  public static boolean isBlank(String text) {
    for (int i = 0; i < text.length(); i++) {
      if (!isWhiteSpace(text.charAt(i))) {
        return false;
      }
    }
    return true;
  }

  /// Whether white space stands anywhere in a text.
  public static boolean containsWhiteSpace(String text) {
    for (int i = 0; i < text.length(); i++) {
      if (isWhiteSpace(text.charAt(i))) {
        return true;
      }
    }
    return false;
  }

  /// A text without the white space at its start and end.
  public static String trim(String text) {
    int start = 0;
    int end = text.length();
    while (start < end && isWhiteSpace(text.charAt(start))) {
      start++;
    }
    while (end > start && isWhiteSpace(text.charAt(end - 1))) {
      end--;
    }
    return text.substring(start, end);
  }

  /// Whether U+0000 stands in a text: databases refuse it.
  public static boolean containsNul(String text) {
    return text.indexOf('\0') >= 0;
  }

  /// The length in bytes of UTF-8, found without encoding. A surrogate without its other half
  /// counts 3, as U+FFFD does.
  public static int utf8Bytes(String text) {
    int bytes = text.length();
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c >= 0x800) {
        bytes += 2;
        if (Character.isHighSurrogate(c)
            && i + 1 < text.length()
            && Character.isLowSurrogate(text.charAt(i + 1))) {
          // Four bytes for two chars: the one for the second char is counted already.
          i++;
        }
      } else if (c >= 0x80) {
        bytes++;
      }
    }
    return bytes;
  }
}
