package io.querator.node.bench;

import io.querator.client.message.QueueCompleteRequest;
import io.querator.client.message.QueueLeaseRequest;
import io.querator.client.message.QueueLeaseResponse;
import io.querator.client.message.QueueProduceRequest;
import io.querator.client.message.QueueRetryRequest;
import java.io.IOException;

/// Binary protobuf.
final class ProtobufCodec implements Codec {
  @Override
  public String type() {
    return "application/protobuf";
  }

  @Override
  public byte[] produce(QueueProduceRequest request) {
    return request.toByteArray();
  }

  @Override
  public byte[] lease(QueueLeaseRequest request) {
    return request.toByteArray();
  }

  @Override
  public byte[] complete(QueueCompleteRequest request) {
    return request.toByteArray();
  }

  @Override
  public byte[] retry(QueueRetryRequest request) {
    return request.toByteArray();
  }

  @Override
  public QueueLeaseResponse leased(byte[] body, boolean payloads) throws IOException {
    return QueueLeaseResponse.parseFrom(body);
  }
}
