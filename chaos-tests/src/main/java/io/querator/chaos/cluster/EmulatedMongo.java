package io.querator.chaos.cluster;

import de.bwaldvogel.mongo.MongoServer;
import io.querator.storage.mongo.TestMongo;
import java.net.InetSocketAddress;
import java.util.Map;
import java.util.Optional;

/// What speaks MongoDB's protocol in this JVM. It keeps everything in memory, and so must not end
/// before the run does.
final class EmulatedMongo implements Database {
  private final MongoServer server = TestMongo.startEmulator();

  @Override
  public Optional<InetSocketAddress> address() {
    return Optional.of(server.getLocalAddress());
  }

  @Override
  public Map<String, String> settings(String entry) {
    return Map.of("url", "mongodb://" + entry + "/querator");
  }

  @Override
  public void close() {
    server.shutdownNow();
  }
}
