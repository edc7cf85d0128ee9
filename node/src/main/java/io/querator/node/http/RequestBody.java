package io.querator.node.http;

import static java.util.Objects.requireNonNull;

import org.jspecify.annotations.Nullable;

/// The body of a request as it came: the first `length` bytes of `bytes`, not to be changed.
///
/// @param contentType the header as it was sent; null if it was not
@SuppressWarnings("ArrayRecordComponent") // compared by nobody
public record RequestBody(byte[] bytes, int length, @Nullable String contentType) {
  public RequestBody {
    requireNonNull(bytes, "bytes");
  }
}
