package io.querator.node.bench;

import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// A node that someone else has started.
final class RunningNode implements Subject {
  private final URI uri;
  private final @Nullable Database database;

  /// @param database its url; null: none is to be asked
  RunningNode(URI uri, @Nullable String database) {
    this.uri = uri;
    this.database = database == null ? null : Database.open(database);
  }

  @Override
  public URI uri() {
    return uri;
  }

  @Override
  public Optional<Duration> cpu() {
    return Optional.empty();
  }

  @Override
  public Optional<Database> database() {
    return Optional.ofNullable(database);
  }

  @Override
  public List<String> description() {
    return List.of("node: " + uri + ", which was running");
  }

  @Override
  public void close() {
    if (database != null) {
      database.close();
    }
  }
}
