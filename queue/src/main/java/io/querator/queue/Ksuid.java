package io.querator.queue;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/// The text form of a KSUID: 20 bytes as 27 characters of base62, so that texts sort like the
/// bytes.
///
/// The layout is that of the K-Sortable Unique Identifier: 4 bytes of seconds since
/// 2014-05-13T16:53:20Z, big-endian, then 16 bytes of payload.
final class Ksuid {
  static final int TEXT_LENGTH = 27;

  /// Seconds from 1970-01-01T00:00Z to the KSUID epoch.
  static final long EPOCH_SECOND = 1_400_000_000L;

  private static final int WORDS = 5;
  private static final int BASE = 62;
  private static final char[] DIGITS =
      "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz".toCharArray();
  private static final byte[] VALUES = values();
  private static final String WRONG_LENGTH = "Valid encoded KSUIDs are 27 characters";
  private static final String OUT_OF_BOUNDS =
      "Valid encoded KSUIDs are bounded by 000000000000000000000000000 and aWgEPTl1tmebfsQzFP4bxwgy80V";

  private Ksuid() {}

  private static byte[] values() {
    byte[] values = new byte[128];
    Arrays.fill(values, (byte) -1);
    for (int i = 0; i < DIGITS.length; i++) {
      values[DIGITS[i]] = (byte) i;
    }
    return values;
  }

  /// The text of the KSUID with these 20 bytes.
  static String text(int second, long high, long low) {
    int[] words = {second, (int) (high >>> 32), (int) high, (int) (low >>> 32), (int) low};
    char[] text = new char[TEXT_LENGTH];
    for (int i = TEXT_LENGTH - 1; i >= 0; i--) {
      long remainder = 0;
      for (int w = 0; w < WORDS; w++) {
        long dividend = remainder << 32 | Integer.toUnsignedLong(words[w]);
        words[w] = (int) (dividend / BASE);
        remainder = dividend % BASE;
      }
      text[i] = DIGITS[(int) remainder];
    }
    return new String(text);
  }

  /// The 20 bytes of `text` as five big-endian words. Its length is that of its UTF-8, as all
  /// lengths of the API are.
  ///
  /// @throws ItemId.MalformedException with the texts that clients know
  static int[] words(String text) {
    if (text.getBytes(StandardCharsets.UTF_8).length != TEXT_LENGTH) {
      throw new ItemId.MalformedException(WRONG_LENGTH);
    }
    int[] words = new int[WORDS];
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      int digit = c < VALUES.length ? VALUES[c] : -1;
      if (digit < 0) {
        throw new ItemId.MalformedException(OUT_OF_BOUNDS);
      }
      long carry = digit;
      for (int w = WORDS - 1; w >= 0; w--) {
        carry += Integer.toUnsignedLong(words[w]) * BASE;
        words[w] = (int) carry;
        carry >>>= 32;
      }
      if (carry != 0) {
        throw new ItemId.MalformedException(OUT_OF_BOUNDS);
      }
    }
    return words;
  }
}
