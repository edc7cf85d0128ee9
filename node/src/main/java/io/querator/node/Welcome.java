package io.querator.node;

import io.querator.node.config.HostPort;

/// What a person sees when the node is ready: where it is, and something to try.
final class Welcome {
  private Welcome() {}

  /// @param address with the port that is listened on
  static String text(HostPort address) {
    return """

    Querator %1$s is ready at http://%2$s. Ctrl-C stops it.

    Create a queue, put an item into it, and lease it:

    curl -X POST %2$s/v1/queues.create -H "Content-Type: application/json" -d '{"queue_name": "email-queue","lease_timeout": "1m","expire_timeout": "24h","max_attempts": 10,"requested_partitions": 1}'
    curl -X POST %2$s/v1/queue.produce -H "Content-Type: application/json" -d '{"queue_name": "email-queue","items": [{"kind": "welcome-email","reference": "user-123","utf8": "{\\"email\\": \\"user@example.com\\"}"}]}'
    curl -X POST %2$s/v1/queue.lease -H "Content-Type: application/json" -d '{"queue_name": "email-queue","client_id": "me","batch_size": 10,"request_timeout": "5s"}'
    """
        .formatted(NodeVersion.text(), address.localAuthority());
  }
}
