package io.querator.node.api;

import io.querator.client.Limits;
import io.querator.client.Text;
import io.querator.client.message.QueueProduceItem;
import io.querator.client.message.QueueProduceRequest;
import io.querator.node.http.ReplyException;
import io.querator.node.http.RequestHeaders;
import io.querator.queue.Command.RequestKey;
import io.querator.storage.KeyHash;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import org.jspecify.annotations.Nullable;

/// The idempotency key of a produce: of the header `Idempotency-Key` or of the field.
final class IdempotencyKey {
  private static final String HEADER = "Idempotency-Key";
  private static final char KIND = 'i';

  private IdempotencyKey() {}

  /// The key and what is asked with it; null if the request has none.
  ///
  /// @throws ReplyException if it is not valid
  static @Nullable RequestKey of(QueueProduceRequest request, RequestHeaders headers) {
    String field = request.getIdempotencyKey();
    String header = headers.value(HEADER).orElse(null);
    if (header == null && field.isEmpty()) {
      return null;
    }
    String key = header == null ? field : header;
    if (Text.isBlank(key)) {
      throw Refusals.invalid("idempotency key is invalid; cannot be blank");
    }
    if (!field.isEmpty() && !field.equals(key)) {
      throw Refusals.invalid(
          "idempotency key is invalid; the header 'Idempotency-Key' and the field 'idempotency_key' differ");
    }
    if (Text.utf8Bytes(key) > Limits.IDEMPOTENCY_KEY_BYTES_MAX) {
      throw Refusals.invalid("idempotency key is invalid; cannot be greater than '256' bytes");
    }
    return new RequestKey(KeyHash.of(KIND, key), content(request));
  }

  static ReplyException reused() {
    return Refusals.invalid(
        "idempotency key is invalid; it has been used for a request with other items");
  }

  /// A hash of what the items are, whatever the encoding of the request.
  private static KeyHash content(QueueProduceRequest request) {
    MessageDigest digest = KeyHash.sha256();
    for (QueueProduceItem item : request.getItemsList()) {
      add(digest, item.getKind().getBytes(StandardCharsets.UTF_8));
      add(digest, item.getReference().getBytes(StandardCharsets.UTF_8));
      add(digest, item.getEncoding().getBytes(StandardCharsets.UTF_8));
      ByteBuffer time = ByteBuffer.allocate(Long.BYTES + Integer.BYTES + 1);
      time.put((byte) (item.hasEnqueueAt() ? 1 : 0));
      time.putLong(item.getEnqueueAt().getSeconds());
      time.putInt(item.getEnqueueAt().getNanos());
      digest.update(time.array());
      add(digest, ProduceHandler.payload(item));
    }
    return KeyHash.of(digest.digest());
  }

  private static void add(MessageDigest digest, byte[] bytes) {
    digest.update(ByteBuffer.allocate(Integer.BYTES).putInt(bytes.length).array());
    digest.update(bytes);
  }
}
