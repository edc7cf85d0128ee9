package io.querator.storage;

import static java.util.Objects.requireNonNull;

import org.jspecify.annotations.Nullable;

/// What a producer gave. Texts are valid Unicode without NUL. The arrays are not copied: nobody
/// changes them.
///
/// @param extra room for what later versions keep with an item, or null
public record ItemContent(
    String kind, String reference, String encoding, byte[] payload, byte @Nullable [] extra) {
  public ItemContent {
    requireNonNull(kind, "kind");
    requireNonNull(reference, "reference");
    requireNonNull(encoding, "encoding");
    requireNonNull(payload, "payload");
  }

  public ItemContent(String kind, String reference, String encoding, byte[] payload) {
    this(kind, reference, encoding, payload, null);
  }

  /// An upper bound of the bytes that this takes in memory and in a request to a database.
  public long sizeBytes() {
    return 64L
        + 3L * (kind.length() + reference.length() + encoding.length())
        + payload.length
        + (extra == null ? 0 : extra.length);
  }
}
