package io.querator.storage.mongo;

import com.mongodb.ConnectionString;
import com.mongodb.MongoClientSettings;
import com.mongodb.MongoCredential;
import com.mongodb.MongoException;
import com.mongodb.ReadPreference;
import com.mongodb.WriteConcern;
import com.mongodb.client.MongoClient;
import com.mongodb.client.MongoClients;
import com.mongodb.client.MongoCollection;
import com.mongodb.client.MongoDatabase;
import com.mongodb.client.model.Filters;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.mongodb.MongoMetricsConnectionPoolListener;
import io.querator.storage.Micros;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;
import org.bson.BsonDocument;
import org.bson.BsonInt32;
import org.jspecify.annotations.Nullable;

/// The driver's clients: one for what must answer soon, one for counts, which may take minutes.
/// Safe for use by many threads.
final class Connections implements AutoCloseable {
  /// Commits and openings try again until their own deadline.
  private static final int CONNECT_SECONDS = 2;

  private static final int MIN_HEARTBEAT_MILLIS = 50;
  private static final int COUNT_CONNECTIONS = 4;
  private static final int COUNT_SILENT_SECONDS = 660;

  private final MongoSettings settings;
  private final MongoClient client;
  private final MongoClient counting;
  private volatile boolean oldHello;

  /// @param meters that get the metrics of the pools, or null
  Connections(MongoSettings settings, @Nullable MeterRegistry meters) {
    this.settings = settings;
    // A commit gives up on a silent connection half-way, so that the other half is left to find out
    // what became of it.
    int silentSeconds = (int) Math.max(1, settings.commitTimeout().toSeconds() / 2);
    this.client = client(settings, settings.connections(), silentSeconds, meters);
    this.counting = client(settings, COUNT_CONNECTIONS, COUNT_SILENT_SECONDS, meters);
  }

  /// Writes are agreed on by a majority and in its journals. A turn is never sent twice.
  private static MongoClient client(
      MongoSettings settings, int connections, int silentSeconds, @Nullable MeterRegistry meters) {
    ConnectionString url = new ConnectionString(settings.url());
    WriteConcern durable =
        WriteConcern.MAJORITY
            .withJournal(true)
            .withWTimeout(settings.commitTimeout().toMillis() / 2, TimeUnit.MILLISECONDS);
    MongoClientSettings.Builder builder =
        MongoClientSettings.builder()
            .applyConnectionString(url)
            .retryWrites(false)
            .writeConcern(durable)
            .readPreference(ReadPreference.primary())
            .applyToServerSettings(
                server -> server.minHeartbeatFrequency(MIN_HEARTBEAT_MILLIS, TimeUnit.MILLISECONDS))
            .applyToClusterSettings(
                cluster -> cluster.serverSelectionTimeout(CONNECT_SECONDS, TimeUnit.SECONDS))
            .applyToSocketSettings(socket ->
                socket
                    .connectTimeout(CONNECT_SECONDS, TimeUnit.SECONDS)
                    .readTimeout(silentSeconds, TimeUnit.SECONDS))
            .applyToConnectionPoolSettings(
                pool -> pool.maxSize(connections).maxWaitTime(CONNECT_SECONDS, TimeUnit.SECONDS));
    if (meters != null) {
      builder.applyToConnectionPoolSettings(
          pool -> pool.addConnectionPoolListener(new MongoMetricsConnectionPoolListener(meters)));
    }
    if (url.getApplicationName() == null) {
      builder.applicationName("querator");
    }
    MongoCredential credential = credential(settings, url);
    if (credential != null) {
      builder.credential(credential);
    }
    return MongoClients.create(builder.build());
  }

  private static @Nullable MongoCredential credential(
      MongoSettings settings, ConnectionString url) {
    MongoCredential inUrl = url.getCredential();
    String user =
        settings.user() != null ? settings.user() : inUrl == null ? null : inUrl.getUserName();
    if (user == null || settings.password() == null) {
      return inUrl;
    }
    String source = inUrl != null ? inUrl.getSource() : "admin";
    return MongoCredential.createCredential(user, source, settings.password().toCharArray());
  }

  /// Looks at the server.
  ///
  /// @throws MongoException if it does not answer
  Server server() {
    return Server.of(hello(), command("buildInfo"));
  }

  /// The server's clock, to the millisecond.
  Instant time() {
    return Instant.ofEpochMilli(hello().getDateTime("localTime").getValue());
  }

  /// The same in microseconds since 1970-01-01T00:00Z.
  long timeMicros() {
    return Micros.of(time());
  }

  /// By its old name where only that is known, which is enough to say that the server is too old.
  private BsonDocument hello() {
    try {
      return command(oldHello ? "isMaster" : "hello");
    } catch (MongoException e) {
      if (oldHello || !MongoErrors.isUnknownCommand(e)) {
        throw e;
      }
      oldHello = true;
      return command("isMaster");
    }
  }

  private BsonDocument command(String name) {
    return database(client)
        .runCommand(new BsonDocument(name, new BsonInt32(1)), BsonDocument.class);
  }

  /// The collections of this database, to be used as `server` needs it.
  ///
  /// @param link what lies between the store and a collection
  Collections collections(Server server, UnaryOperator<MongoCollection<BsonDocument>> link) {
    CausalClock clock = new CausalClock(server.hasSessions());
    return new Collections(
        name -> new Documents(client, link.apply(collection(client, name, server)), clock),
        name -> new Documents(counting, link.apply(collection(counting, name, server)), clock),
        () -> database(client).listCollectionNames().into(new ArrayList<>()));
  }

  private MongoCollection<BsonDocument> collection(MongoClient by, String name, Server server) {
    return database(by)
        .getCollection(name, BsonDocument.class)
        .withReadConcern(server.readConcern());
  }

  /// How the collections of this database are spread over shards; empty where that cannot be seen.
  List<BsonDocument> sharding() {
    return client
        .getDatabase("config")
        .getCollection("collections", BsonDocument.class)
        .find(Filters.regex("_id", "^" + Pattern.quote(settings.usedDatabase()) + "\\."))
        .into(new ArrayList<>());
  }

  private MongoDatabase database(MongoClient by) {
    return by.getDatabase(settings.usedDatabase());
  }

  @Override
  public void close() {
    try (client;
        counting) {
      // Both.
    }
  }
}
