package io.querator.storage.database;

import static java.util.Objects.requireNonNull;

import io.micrometer.core.instrument.MeterRegistry;
import io.querator.storage.Catalogue;
import io.querator.storage.PartitionStore;
import io.querator.storage.StorageException;
import org.jspecify.annotations.Nullable;

/// An open database of any kind.
///
/// @param store its partitions
/// @param catalogue the definitions of queues, in use where this is the first storage; closed with
///   the store
public record Database(PartitionStore store, Catalogue catalogue) implements AutoCloseable {
  public Database {
    requireNonNull(store, "store");
    requireNonNull(catalogue, "catalogue");
  }

  /// How the URLs of all kinds of databases begin, for messages.
  public static String schemes() {
    return DatabaseKind.allSchemes();
  }

  /// Whether `url` begins like one of a kind of database that there is a store for.
  public static boolean knows(String url) {
    return DatabaseKind.find(url).isPresent();
  }

  /// Checks settings without a look at the database.
  ///
  /// @throws IllegalArgumentException if its kind cannot work with them; the message shows no
  ///   password
  public static void check(DatabaseSettings settings) {
    DatabaseKind.of(settings.url()).check(settings);
  }

  /// Connects, checks the server, and brings the schema up to date.
  ///
  /// @param meters that get the metrics of the store, or null
  /// @throws StorageException.Unavailable if the database cannot be reached
  /// @throws StorageException.Corrupt if a person must change something; the message says what
  public static Database open(DatabaseSettings settings, @Nullable MeterRegistry meters) {
    return DatabaseKind.of(settings.url()).open(settings, meters);
  }

  @Override
  public void close() {
    store.close();
  }
}
