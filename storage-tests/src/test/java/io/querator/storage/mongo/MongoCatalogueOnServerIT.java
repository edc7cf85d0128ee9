package io.querator.storage.mongo;

import java.time.Duration;

/// The contract on the server that the environment names.
@OnServer
final class MongoCatalogueOnServerIT extends MongoCatalogueIT {
  @Override
  MongoSettings settings() {
    return TestMongo.settings(TestMongo.realUrl().orElseThrow(), Duration.ofSeconds(10));
  }
}
