package io.querator.node.bench;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.google.protobuf.UnsafeByteOperations;
import io.querator.client.message.QueueCompleteRequest;
import io.querator.client.message.QueueLeaseItem;
import io.querator.client.message.QueueLeaseRequest;
import io.querator.client.message.QueueLeaseResponse;
import io.querator.client.message.QueueProduceItem;
import io.querator.client.message.QueueProduceRequest;
import io.querator.client.message.QueueRetryItem;
import io.querator.client.message.QueueRetryRequest;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;

/// JSON, written and read as a stream, so that the bench itself costs little.
final class JsonCodec implements Codec {
  private static final int BODY_BYTES = 256;

  private final JsonFactory factory = new JsonFactory();

  @Override
  public String type() {
    return "application/json";
  }

  @Override
  public byte[] produce(QueueProduceRequest request) {
    return write(json -> {
      json.writeStringField("queue_name", request.getQueueName());
      json.writeStringField("request_timeout", request.getRequestTimeout());
      if (!request.getIdempotencyKey().isEmpty()) {
        json.writeStringField("idempotency_key", request.getIdempotencyKey());
      }
      json.writeArrayFieldStart("items");
      for (QueueProduceItem item : request.getItemsList()) {
        json.writeStartObject();
        json.writeStringField("kind", item.getKind());
        json.writeStringField("reference", item.getReference());
        json.writeStringField("utf8", item.getUtf8());
        json.writeEndObject();
      }
      json.writeEndArray();
    });
  }

  @Override
  public byte[] lease(QueueLeaseRequest request) {
    return write(json -> {
      json.writeStringField("queue_name", request.getQueueName());
      json.writeNumberField("batch_size", request.getBatchSize());
      json.writeStringField("client_id", request.getClientId());
      json.writeStringField("request_timeout", request.getRequestTimeout());
    });
  }

  @Override
  public byte[] complete(QueueCompleteRequest request) {
    return write(json -> {
      json.writeStringField("queue_name", request.getQueueName());
      json.writeNumberField("partition", request.getPartition());
      json.writeStringField("request_timeout", request.getRequestTimeout());
      json.writeArrayFieldStart("ids");
      for (String id : request.getIdsList()) {
        json.writeString(id);
      }
      json.writeEndArray();
    });
  }

  @Override
  public byte[] retry(QueueRetryRequest request) {
    return write(json -> {
      json.writeStringField("queue_name", request.getQueueName());
      json.writeNumberField("partition", request.getPartition());
      json.writeArrayFieldStart("items");
      for (QueueRetryItem item : request.getItemsList()) {
        json.writeStartObject();
        json.writeStringField("id", item.getId());
        json.writeEndObject();
      }
      json.writeEndArray();
    });
  }

  @Override
  public QueueLeaseResponse leased(byte[] body, boolean payloads) throws IOException {
    QueueLeaseResponse.Builder answer = QueueLeaseResponse.newBuilder();
    QueueLeaseItem.Builder item = null;
    try (JsonParser json = factory.createParser(body)) {
      for (JsonToken token = json.nextToken(); token != null; token = json.nextToken()) {
        if (token != JsonToken.FIELD_NAME) {
          continue;
        }
        String name = json.currentName();
        json.nextToken();
        if (name.equals("partition")) {
          answer.setPartition(json.getIntValue());
        } else if (name.equals("id")) {
          item = answer.addItemsBuilder().setId(json.getText());
        } else if (item != null && name.equals("attempts")) {
          item.setAttempts(json.getIntValue());
        } else if (payloads && item != null && name.equals("bytes")) {
          item.setBytes(UnsafeByteOperations.unsafeWrap(json.getBinaryValue()));
        }
      }
    }
    return answer.build();
  }

  /// Writes the fields of one object.
  private interface Fields {
    void writeTo(JsonGenerator json) throws IOException;
  }

  private byte[] write(Fields fields) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(BODY_BYTES);
    try (JsonGenerator json = factory.createGenerator(bytes)) {
      json.writeStartObject();
      fields.writeTo(json);
      json.writeEndObject();
    } catch (IOException e) {
      throw new UncheckedIOException("writing into memory failed", e);
    }
    return bytes.toByteArray();
  }
}
