package io.querator.chaos.cluster;

import de.bwaldvogel.mongo.MongoServer;
import de.bwaldvogel.mongo.backend.memory.MemoryBackend;
import java.net.InetSocketAddress;
import java.util.Map;
import java.util.Optional;

/// What speaks MongoDB's protocol in this JVM. It keeps everything in memory, and so must not end
/// before the run does.
final class EmulatedMongo implements Database {
  /// The emulator computes where it reads: a connection that shares its thread with one that scans
  /// a large collection would seem dead meanwhile.
  private static final int THREADS = 128;

  private final MongoServer server = new MongoServer(new MemoryBackend());

  EmulatedMongo() {
    server.bind(new InetSocketAddress("localhost", 0), 1, THREADS);
  }

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
