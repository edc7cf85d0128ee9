package io.querator.node.http;

import static java.util.Objects.requireNonNull;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;

/// That a request was passed on by another node, which has proved to be one.
///
/// @param partition the key of the partition that it is for, as text; empty: none
/// @param timeout how long the other node waits for the answer
/// @param digest SHA-256 of the body, as it was signed
@SuppressWarnings("ArrayRecordComponent") // compared by nobody
public record Passed(String partition, Duration timeout, byte[] digest) {
  public Passed {
    requireNonNull(partition, "partition");
    requireNonNull(timeout, "timeout");
    requireNonNull(digest, "digest");
  }

  boolean isOf(Body body) {
    return MessageDigest.isEqual(digest, digest(body.bytes(), body.length()));
  }

  /// SHA-256 of the first `length` bytes.
  public static byte[] digest(byte[] bytes, int length) {
    try {
      MessageDigest sha256 = MessageDigest.getInstance("SHA-256");
      sha256.update(bytes, 0, length);
      return sha256.digest();
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }
}
