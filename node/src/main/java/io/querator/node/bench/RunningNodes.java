package io.querator.node.bench;

import java.net.URI;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// Nodes that someone else has started.
final class RunningNodes implements Subject {
  private final List<URI> uris;
  private final @Nullable Database database;

  /// @param database its url; null: none is to be asked
  RunningNodes(List<URI> uris, @Nullable String database) {
    this.uris = uris;
    this.database = database == null ? null : Database.open(database).orElse(null);
  }

  @Override
  public List<URI> uris() {
    return uris;
  }

  @Override
  public Optional<Database> database() {
    return Optional.ofNullable(database);
  }

  @Override
  public List<String> description() {
    return List.of(
        "node: "
            + uris.stream().map(URI::toString).collect(Collectors.joining(" "))
            + ", running before");
  }

  @Override
  public void close() {
    if (database != null) {
      database.close();
    }
  }
}
