package io.querator.storage.jdbc;

import static io.querator.storage.Samples.claim;
import static org.assertj.core.api.Assertions.assertThat;

import io.querator.storage.Epoch;
import io.querator.storage.OpenResult;
import io.querator.storage.PartitionKey;
import io.querator.storage.PartitionStore;
import io.querator.storage.PartitionStoreContract;
import io.querator.storage.TestPostgres;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class PostgresPartitionStoreIT extends PartitionStoreContract {
  private final TestPostgres.Database database = TestPostgres.database();
  private PostgresPartitionStore store;
  private PostgresPartitionStore another;

  @BeforeAll
  void open() {
    store = PostgresPartitionStore.open(TestStores.settings(database), null);
    another = PostgresPartitionStore.open(TestStores.settings(database), null);
  }

  @AfterAll
  void close() {
    store.close();
    another.close();
  }

  @Override
  protected PartitionStore store() {
    return store;
  }

  @Override
  protected PartitionStore another() {
    return another;
  }

  @Test
  void opensManyPartitionsThoughTheTableOfOneIsGone() throws SQLException {
    SplittableRandom random = new SplittableRandom();
    Map<PartitionKey, Epoch> keys = new HashMap<>();
    for (int i = 0; i < 20; i++) {
      PartitionKey key = PartitionKey.random(random);
      store.create(key);
      keys.put(key, Epoch.NONE);
    }
    try (Connection connection = database.connect();
        Statement statement = connection.createStatement()) {
      statement.execute("DROP TABLE querator.q_" + keys.keySet().iterator().next());
    }

    List<OpenResult> results = store.open(keys, claim(1));

    assertThat(results).hasSize(20).allMatch(OpenResult.Opened.class::isInstance);
  }
}
