package io.querator.storage.mongo;

import java.time.Duration;

/// The contract on the server that the environment names.
@OnServer
final class MongoPartitionStoreOnServerIT extends MongoPartitionStoreContract {
  @Override
  MongoSettings settings() {
    return TestMongo.settings(TestMongo.realUrl().orElseThrow(), Duration.ofSeconds(10));
  }
}
