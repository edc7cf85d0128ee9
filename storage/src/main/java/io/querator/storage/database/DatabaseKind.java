package io.querator.storage.database;

import io.micrometer.core.instrument.MeterRegistry;
import io.querator.storage.jdbc.PostgresPartitionStore;
import io.querator.storage.jdbc.PostgresSettings;
import io.querator.storage.mongo.MongoPartitionStore;
import io.querator.storage.mongo.MongoSettings;
import io.querator.storage.mysql.MysqlPartitionStore;
import io.querator.storage.mysql.MysqlSettings;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// A kind of database: how its URLs begin, and its store.
enum DatabaseKind {
  POSTGRES(List.of("postgres://", "postgresql://", "jdbc:postgresql://")) {
    @Override
    void check(DatabaseSettings settings) {
      postgres(settings);
    }

    @Override
    Database open(DatabaseSettings settings, @Nullable MeterRegistry meters) {
      PostgresPartitionStore store = PostgresPartitionStore.open(postgres(settings), meters);
      return new Database(store, store.catalogue());
    }

    private static PostgresSettings postgres(DatabaseSettings settings) {
      return new PostgresSettings(
          settings.name(),
          settings.url(),
          settings.user(),
          settings.password(),
          settings.schema(),
          settings.lanes(),
          settings.commitTimeout(),
          settings.preparedStatements());
    }
  },

  MYSQL(List.of("mysql://", "mariadb://")) {
    @Override
    void check(DatabaseSettings settings) {
      mysql(settings);
    }

    @Override
    Database open(DatabaseSettings settings, @Nullable MeterRegistry meters) {
      MysqlPartitionStore store = MysqlPartitionStore.open(mysql(settings), meters);
      return new Database(store, store.catalogue());
    }

    /// Nothing is prepared at the server, so nothing need be switched off behind a pooler.
    private static MysqlSettings mysql(DatabaseSettings settings) {
      return new MysqlSettings(
          settings.name(),
          settings.url(),
          settings.user(),
          settings.password(),
          settings.schema(),
          settings.lanes(),
          settings.commitTimeout());
    }
  },

  MONGODB(List.of("mongodb://", "mongodb+srv://")) {
    /// Partitions are not bound to connections, which all of them share.
    private static final int CONNECTIONS_A_LANE = 8;

    @Override
    void check(DatabaseSettings settings) {
      mongo(settings);
    }

    @Override
    Database open(DatabaseSettings settings, @Nullable MeterRegistry meters) {
      MongoPartitionStore store = MongoPartitionStore.open(mongo(settings), meters);
      return new Database(store, store.catalogue());
    }

    /// The database is named by the url, or has the default name.
    private static MongoSettings mongo(DatabaseSettings settings) {
      return new MongoSettings(
          settings.name(),
          settings.url(),
          settings.user(),
          settings.password(),
          null,
          CONNECTIONS_A_LANE * settings.lanes(),
          settings.commitTimeout());
    }
  };

  private final List<String> schemes;

  DatabaseKind(List<String> schemes) {
    this.schemes = schemes;
  }

  static Optional<DatabaseKind> find(String url) {
    return Arrays.stream(values())
        .filter(kind -> kind.schemes.stream().anyMatch(url::startsWith))
        .findFirst();
  }

  /// @throws IllegalArgumentException if `url` begins like none; the message does not repeat it
  static DatabaseKind of(String url) {
    return find(url)
        .orElseThrow(() ->
            new IllegalArgumentException("the url of a database begins with " + allSchemes()));
  }

  static String allSchemes() {
    return Arrays.stream(values())
        .flatMap(kind -> kind.schemes.stream())
        .collect(Collectors.joining(", "));
  }

  /// @throws IllegalArgumentException if the settings are not what this kind can work with
  abstract void check(DatabaseSettings settings);

  abstract Database open(DatabaseSettings settings, @Nullable MeterRegistry meters);
}
