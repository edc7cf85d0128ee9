package io.querator.storage.database;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/// How to reach and use a database of any kind. [#toString] shows no password.
///
/// What its kind demands of the values is checked when the database is opened, and before that by
/// [Database#check].
///
/// @param name of this storage, for logs and metrics
/// @param url begins with one of [Database#schemes]
/// @param user goes before the one in the url
/// @param password goes before the one in the url
/// @param schema that holds all tables
/// @param lanes how many groups of two connections the partitions are bound to, 1 to 64
/// @param commitTimeout how long a commit may try before it gives up, 1 s to 5 min
/// @param preparedStatements false where a pooler in transaction mode is between
public record DatabaseSettings(
    String name,
    String url,
    @Nullable String user,
    @Nullable String password,
    String schema,
    int lanes,
    Duration commitTimeout,
    boolean preparedStatements) {
  public DatabaseSettings {
    requireNonNull(name, "name");
    requireNonNull(url, "url");
    requireNonNull(schema, "schema");
    requireNonNull(commitTimeout, "commitTimeout");
  }

  @Override
  public String toString() {
    return "DatabaseSettings[name=" + name + ", schema=" + schema + ", lanes=" + lanes + "]";
  }
}
