package io.querator.storage.mongo;

import de.bwaldvogel.mongo.backend.memory.MemoryBackend;
import de.bwaldvogel.mongo.bson.BsonTimestamp;
import de.bwaldvogel.mongo.bson.Document;
import de.bwaldvogel.mongo.wire.message.MongoMessage;
import io.netty.channel.Channel;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;

/// An emulator that says of itself that it is the primary of a replica set, or a router, and writes
/// down what it is asked.
final class ReplicaSetBackend extends MemoryBackend {
  private final boolean router;
  private final List<Document> commands = new CopyOnWriteArrayList<>();
  private final AtomicInteger time = new AtomicInteger(1_000);

  ReplicaSetBackend(boolean router) {
    this.router = router;
  }

  /// All commands so far, in the order in which they came.
  List<Document> commands() {
    return List.copyOf(commands);
  }

  @Override
  public Document handleCommand(Channel channel, String database, String command, Document query) {
    return completed(command, super.handleCommand(channel, database, command, query));
  }

  @Override
  public Document handleMessage(MongoMessage message) {
    Document query = message.getDocument();
    commands.add(query);
    String command = query.keySet().iterator().next();
    return completed(command, super.handleMessage(message));
  }

  private Document completed(String command, Document answer) {
    if (command.equalsIgnoreCase("isMaster")) {
      answer.append("logicalSessionTimeoutMinutes", 30);
      if (router) {
        answer.append("msg", "isdbgrid");
      } else {
        answer.append("setName", "rs0").append("setVersion", 1);
      }
    }
    return answer.append("operationTime", new BsonTimestamp(((long) time.incrementAndGet()) << 32));
  }
}
