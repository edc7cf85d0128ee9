package io.querator.node.bench;

import io.querator.client.message.QueueCompleteRequest;
import io.querator.client.message.QueueLeaseRequest;
import io.querator.client.message.QueueLeaseResponse;
import io.querator.client.message.QueueProduceRequest;
import io.querator.client.message.QueueRetryRequest;
import java.io.IOException;

/// Writes the bodies of the calls and reads what a bench needs of the answers.
sealed interface Codec permits JsonCodec, ProtobufCodec {
  /// The media type.
  String type();

  byte[] produce(QueueProduceRequest request);

  byte[] lease(QueueLeaseRequest request);

  byte[] complete(QueueCompleteRequest request);

  byte[] retry(QueueRetryRequest request);

  /// Reads partition, ids and attempts of a lease's answer, the rest perhaps not.
  ///
  /// @param payloads whether the items' bytes are read, too
  /// @throws IOException if it is not such an answer
  QueueLeaseResponse leased(byte[] body, boolean payloads) throws IOException;
}
