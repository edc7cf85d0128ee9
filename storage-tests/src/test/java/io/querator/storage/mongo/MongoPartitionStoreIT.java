package io.querator.storage.mongo;

/// The contract on the emulator.
final class MongoPartitionStoreIT extends MongoPartitionStoreContract {
  @Override
  MongoSettings settings() {
    return TestMongo.settings();
  }

  /// The emulator compares each document with each of the ids that are asked for.
  @Override
  protected int bigPage() {
    return 2_000;
  }
}
