package io.querator.storage;

import java.util.random.RandomGenerator;

/// The identity of a partition: 64 random bits given at its creation and never reused.
///
/// Everything stored or sent about a partition carries its key, so that a queue deleted and made
/// again under its name shares nothing with the old one.
public record PartitionKey(long bits) implements Comparable<PartitionKey> {
  private static final String ALPHABET = "abcdefghijklmnopqrstuvwxyz234567";
  private static final int TEXT_LENGTH = 13;

  /// Draws a new key.
  public static PartitionKey random(RandomGenerator random) {
    return new PartitionKey(random.nextLong());
  }

  /// The key whose [#toString] is `text`.
  ///
  /// @throws IllegalArgumentException if `text` is not 13 characters of lower-case base32
  public static PartitionKey parse(String text) {
    if (text.length() != TEXT_LENGTH) {
      throw new IllegalArgumentException("a partition key has 13 characters: " + text);
    }
    long bits = 0;
    for (int i = 0; i < TEXT_LENGTH; i++) {
      int digit = ALPHABET.indexOf(text.charAt(i));
      if (digit < 0 || (i == 0 && digit > 15)) {
        throw new IllegalArgumentException("not a partition key: " + text);
      }
      bits = bits << 5 | digit;
    }
    return new PartitionKey(bits);
  }

  @Override
  public int compareTo(PartitionKey other) {
    return Long.compareUnsigned(bits, other.bits);
  }

  /// 13 characters of lower-case base32 (RFC 4648 alphabet, no padding), usable in a table's name.
  @Override
  public String toString() {
    char[] text = new char[TEXT_LENGTH];
    long rest = bits;
    for (int i = TEXT_LENGTH - 1; i >= 0; i--) {
      text[i] = ALPHABET.charAt((int) (rest & 31));
      rest >>>= 5;
    }
    return new String(text);
  }
}
