package io.querator.storage.mongo;

/// The contract on the emulator.
final class MongoPartitionStoreIT extends MongoPartitionStoreContract {
  @Override
  MongoSettings settings() {
    return TestMongo.settings();
  }
}
