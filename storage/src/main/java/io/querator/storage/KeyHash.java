package io.querator.storage;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/// 16 bytes of the SHA-256 of a text: an idempotency key, a source id, or the content of a request.
public record KeyHash(long high, long low) implements Comparable<KeyHash> {
  /// The hash of `text`, kept apart from the same text of another `kind`.
  public static KeyHash of(char kind, String text) {
    MessageDigest digest = sha256();
    digest.update((byte) kind);
    return of(digest.digest(text.getBytes(StandardCharsets.UTF_8)));
  }

  /// The first 16 bytes of a SHA-256 digest.
  public static KeyHash of(byte[] digest) {
    ByteBuffer bytes = ByteBuffer.wrap(digest);
    return new KeyHash(bytes.getLong(), bytes.getLong());
  }

  /// In the order of the bytes, as databases compare them.
  @Override
  public int compareTo(KeyHash other) {
    int byHigh = Long.compareUnsigned(high, other.high);
    return byHigh != 0 ? byHigh : Long.compareUnsigned(low, other.low);
  }

  /// The hash as 16 bytes.
  public byte[] bytes() {
    return ByteBuffer.allocate(16).putLong(high).putLong(low).array();
  }

  public static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }
}
