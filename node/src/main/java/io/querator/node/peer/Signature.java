package io.querator.node.peer;

import static java.util.Objects.requireNonNull;

import io.querator.node.http.RequestHeaders;
import java.nio.charset.StandardCharsets;
import java.security.InvalidKeyException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/// What a node says of a request that it sends to another, signed with the cluster's secret by
/// HMAC-SHA-256 (RFC 2104).
///
/// @param path of the request
/// @param from who sends it
/// @param to whom it is for, so that it cannot be used with another node
/// @param atMillis when, milliseconds since 1970 by the receiver's clock
/// @param partition the key of the partition that it is for, as text; empty: none
/// @param timeoutMillis how long the sender waits
/// @param digest SHA-256 of the body
/// @param about headers that change what the request means
record Signature(
    String path,
    String from,
    String to,
    long atMillis,
    String partition,
    long timeoutMillis,
    byte[] digest,
    String about) {
  static final String HEADER = "Querator-Peer";

  /// Of the protocol between nodes.
  private static final String VERSION = "1";

  private static final String NONE = "-";
  private static final int PARTS = 7;
  private static final String HMAC = "HmacSHA256";

  Signature {
    requireNonNull(path, "path");
    requireNonNull(digest, "digest");
  }

  /// The value of [#HEADER].
  String signed(byte[] secret) {
    return String.join(
        " ",
        VERSION,
        from,
        Long.toString(atMillis),
        partition.isEmpty() ? NONE : partition,
        Long.toString(timeoutMillis),
        Base64.getEncoder().encodeToString(digest),
        Base64.getEncoder().encodeToString(mac(secret)));
  }

  private byte[] mac(byte[] secret) {
    String text =
        String.join(
            "\n",
            VERSION,
            path,
            from,
            to,
            Long.toString(atMillis),
            partition,
            Long.toString(timeoutMillis),
            Base64.getEncoder().encodeToString(digest),
            about);
    try {
      Mac mac = Mac.getInstance(HMAC);
      mac.init(new SecretKeySpec(secret, HMAC));
      return mac.doFinal(text.getBytes(StandardCharsets.UTF_8));
    } catch (NoSuchAlgorithmException | InvalidKeyException e) {
      throw new IllegalStateException("every Java has " + HMAC, e);
    }
  }

  /// Reads the header of a request for `to`.
  ///
  /// @return null if there is none, it is not understood, or it is not signed with `secret`
  static @Nullable Signature verified(RequestHeaders headers, String to, byte[] secret) {
    String[] parts = headers.value(HEADER).orElse("").split(" ", -1);
    if (parts.length != PARTS || !parts[0].equals(VERSION)) {
      return null;
    }
    try {
      Signature signature =
          new Signature(
              headers.path(),
              parts[1],
              to,
              Long.parseLong(parts[2]),
              parts[3].equals(NONE) ? "" : parts[3],
              Long.parseLong(parts[4]),
              Base64.getDecoder().decode(parts[5]),
              about(headers));
      byte[] given = Base64.getDecoder().decode(parts[6]);
      return MessageDigest.isEqual(given, signature.mac(secret)) ? signature : null;
    } catch (IllegalArgumentException e) {
      return null;
    }
  }

  private static String about(RequestHeaders headers) {
    return about(
        headers.value("Content-Type").orElse(""),
        headers.value("Accept").orElse(""),
        headers.value("Idempotency-Key").orElse(""));
  }

  static String about(String contentType, String accept, String idempotencyKey) {
    return String.join("\n", contentType, accept, idempotencyKey);
  }
}
