package io.querator.storage.mongo;

import com.mongodb.client.MongoClient;
import com.mongodb.client.MongoClients;
import de.bwaldvogel.mongo.MongoServer;
import de.bwaldvogel.mongo.backend.memory.MemoryBackend;
import io.querator.storage.CutProxy;
import io.querator.storage.PartitionKey;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Optional;
import java.util.UUID;
import org.bson.BsonDocument;
import org.jspecify.annotations.Nullable;

/// Where tests find what speaks MongoDB's protocol: an emulator in this JVM, one for all tests, and
/// a real server if there is one. Safe for use by several threads.
public final class TestMongo {
  /// Names a real server, by a URL whose user may create databases.
  static final String VARIABLE = "QUERATOR_TEST_MONGODB";

  /// The emulator computes where it reads: a connection that shares its thread with one that scans
  /// a large collection would seem dead meanwhile.
  private static final int THREADS = 128;

  private static @Nullable MongoServer emulator;
  private static @Nullable MongoClient client;

  private TestMongo() {}

  /// The URL of a fresh database of the emulator.
  public static String databaseUrl() {
    return url() + database();
  }

  /// The URL of the emulator, which ends with this JVM.
  static String url() {
    return "mongodb://127.0.0.1:" + address().getPort() + "/";
  }

  private static synchronized InetSocketAddress address() {
    if (emulator == null) {
      emulator = new MongoServer(new MemoryBackend());
      emulator.bind(new InetSocketAddress("localhost", 0), 1, THREADS);
      System.out.println(
          "test database: an emulator of MongoDB, port " + emulator.getLocalAddress().getPort());
    }
    return emulator.getLocalAddress();
  }

  /// The URL of a real server; empty if none is given.
  static Optional<String> realUrl() {
    return Optional.ofNullable(System.getenv(VARIABLE)).filter(url -> !url.isBlank());
  }

  /// For a store in a fresh database of the emulator, which has no index but that of `_id`, one
  /// value at a time, and so may look at many documents for long.
  static MongoSettings settings() {
    return settings(url(), Duration.ofSeconds(60));
  }

  /// For a store in a fresh database.
  static MongoSettings settings(String url, Duration commitTimeout) {
    return new MongoSettings("test", url, null, null, database(), 16, commitTimeout);
  }

  private static String database() {
    return "test_" + UUID.randomUUID().toString().replace("-", "");
  }

  /// A proxy in front of the emulator.
  static CutProxy proxy() throws IOException {
    return new CutProxy("127.0.0.1", address().getPort());
  }

  /// The same database, through a proxy.
  static MongoSettings through(CutProxy proxy, MongoSettings settings) {
    return new MongoSettings(
        settings.name(),
        proxy.through(settings.url()),
        null,
        null,
        settings.database(),
        settings.connections(),
        settings.commitTimeout());
  }

  /// A partition's collection on the emulator, as it is.
  static Documents raw(MongoSettings settings, PartitionKey key) {
    return raw(settings, Ids.collection(key));
  }

  static Documents raw(MongoSettings settings, String collection) {
    MongoClient raw = client();
    return new Documents(
        raw,
        raw.getDatabase(settings.usedDatabase()).getCollection(collection, BsonDocument.class),
        new CausalClock(false));
  }

  private static synchronized MongoClient client() {
    if (client == null) {
      client = MongoClients.create(url());
    }
    return client;
  }
}
