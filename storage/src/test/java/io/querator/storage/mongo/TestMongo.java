package io.querator.storage.mongo;

import de.bwaldvogel.mongo.MongoServer;
import de.bwaldvogel.mongo.backend.memory.MemoryBackend;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/// Where tests find what speaks MongoDB's protocol: an emulator in this JVM, one for all tests, and
/// a real server if there is one. Safe for use by several threads.
final class TestMongo {
  /// Names a real server, by a URL whose user may create databases.
  static final String VARIABLE = "QUERATOR_TEST_MONGODB";

  private static @Nullable String emulator;

  private TestMongo() {}

  /// The URL of the emulator, which ends with this JVM.
  static synchronized String url() {
    if (emulator == null) {
      MongoServer server = new MongoServer(new MemoryBackend());
      InetSocketAddress address = server.bind();
      emulator = "mongodb://127.0.0.1:" + address.getPort() + "/";
      System.out.println("test database: an emulator of MongoDB, " + emulator);
    }
    return emulator;
  }

  /// The URL of a real server; empty if none is given.
  static Optional<String> realUrl() {
    return Optional.ofNullable(System.getenv(VARIABLE)).filter(url -> !url.isBlank());
  }

  /// For a store in a fresh database of the emulator.
  static MongoSettings settings() {
    return settings(url(), Duration.ofSeconds(10));
  }

  /// For a store in a fresh database.
  static MongoSettings settings(String url, Duration commitTimeout) {
    return new MongoSettings("test", url, null, null, database(), 16, commitTimeout);
  }

  private static String database() {
    return "test_" + UUID.randomUUID().toString().replace("-", "");
  }
}
