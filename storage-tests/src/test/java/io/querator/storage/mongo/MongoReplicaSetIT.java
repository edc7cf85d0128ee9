package io.querator.storage.mongo;

import static io.querator.storage.Samples.batch;
import static io.querator.storage.Samples.claim;
import static io.querator.storage.Samples.item;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.mongodb.client.MongoClient;
import com.mongodb.client.MongoClients;
import de.bwaldvogel.mongo.MongoServer;
import de.bwaldvogel.mongo.bson.BsonTimestamp;
import de.bwaldvogel.mongo.bson.Document;
import io.querator.storage.CommitResult.Committed;
import io.querator.storage.Epoch;
import io.querator.storage.OpenResult.Opened;
import io.querator.storage.PartitionKey;
import io.querator.storage.PositionRange;
import io.querator.storage.StorageException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/// What the store asks of a replica set. The emulator plays one; it promises nothing of what it is
/// asked.
final class MongoReplicaSetIT {
  private static final PartitionKey KEY = new PartitionKey(7);

  private interface Play {
    void with(ReplicaSetBackend backend, String url);
  }

  private static void play(boolean router, Play play) {
    ReplicaSetBackend backend = new ReplicaSetBackend(router);
    MongoServer server = new MongoServer(backend);
    InetSocketAddress address = server.bind();
    try {
      play.with(backend, "mongodb://127.0.0.1:" + address.getPort() + "/");
    } finally {
      server.shutdownNow();
    }
  }

  private static MongoPartitionStore open(String url) {
    return MongoPartitionStore.open(TestMongo.settings(url, Duration.ofSeconds(4)), null);
  }

  @Test
  void writesToTheJournalsOfAMajorityAndReadsWhatItWrote() {
    play(
        false,
        (backend, url) -> {
          try (MongoPartitionStore store = open(url)) {
            store.create(KEY);
            Opened opened = (Opened) store.open(Map.of(KEY, Epoch.NONE), claim(1)).getFirst();
            assertThat(
                    store.commit(List.of(batch(opened).items(item(opened, 1)).build())).getFirst())
                .isInstanceOf(Committed.class);
            assertThat(store.heads(opened, PositionRange.READY, 9)).hasSize(1);
          }
          assertThat(commands(backend, "insert"))
              .isNotEmpty()
              .allSatisfy(insert -> {
                Document concern = (Document) insert.get("writeConcern");
                assertThat(concern).containsEntry("w", "majority").containsEntry("j", true);
                assertThat(concern).containsEntry("wtimeout", 2_000);
                assertThat(insert).containsKey("lsid").doesNotContainKey("txnNumber");
                assertThat(insert).containsEntry("ordered", true);
              });
          Document read = commands(backend, "find").getLast();
          Document concern = requireNonNull((Document) read.get("readConcern"));
          assertThat(concern).containsEntry("level", "majority");
          assertThat((BsonTimestamp) concern.get("afterClusterTime")).isNotNull();
        });
  }

  private static List<Document> commands(ReplicaSetBackend backend, String name) {
    return backend.commands().stream().filter(command -> command.containsKey(name)).toList();
  }

  @Test
  void takesARouterUnlessCollectionsAreSharded() {
    play(
        true,
        (_, url) -> {
          MongoSettings settings = TestMongo.settings(url, Duration.ofSeconds(4));
          try (MongoPartitionStore store = MongoPartitionStore.open(settings, null);
              MongoClient client = MongoClients.create(url)) {
            store.create(KEY);
            var sharded = client.getDatabase("config").getCollection("collections");
            sharded.insertOne(org.bson.Document.parse("{_id: 'other.q_x', key: {_id: 1}}"));
            MongoPartitionStore.open(settings, null).close();
            sharded.insertOne(
                org.bson.Document.parse(
                    "{_id: '%s.%s', key: {_id: 1}}"
                        .formatted(settings.usedDatabase(), Ids.collection(KEY))));
          }

          assertThatThrownBy(() -> MongoPartitionStore.open(settings, null))
              .isInstanceOf(StorageException.Corrupt.class)
              .hasMessageContaining(Ids.collection(KEY) + " is sharded on {\"_id\": 1}");
        });
  }
}
