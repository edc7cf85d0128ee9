package io.querator.storage.jdbc;

import static java.util.Objects.requireNonNull;

import io.querator.storage.sql.SessionLimits;
import java.time.Duration;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// How to reach and use a PostgreSQL database. Checked when made; [#toString] shows no password.
///
/// @param name of this storage, for logs and metrics
/// @param url `postgres://user:password@host:port/database?sslmode=…` or
///   `jdbc:postgresql://host:port/database?…`
/// @param user goes before the one in the url
/// @param password goes before the one in the url
/// @param schema that holds all tables; it is created where it is missing
/// @param lanes how many groups of two connections the partitions are bound to, 1 to 64
/// @param commitTimeout how long a commit may try before it gives up, 1 s to 5 min
/// @param preparedStatements false where a pooler in transaction mode is between: then nothing is
///   prepared, and the session settings must be those of the role
public record PostgresSettings(
    String name,
    String url,
    @Nullable String user,
    @Nullable String password,
    String schema,
    int lanes,
    Duration commitTimeout,
    boolean preparedStatements) {
  public static final String DEFAULT_NAME = "postgres";
  public static final String DEFAULT_SCHEMA = "querator";
  public static final int DEFAULT_LANES = 4;
  public static final Duration DEFAULT_COMMIT_TIMEOUT = Duration.ofSeconds(10);

  private static final Pattern SCHEMA = Pattern.compile("[a-z_][a-z0-9_]{0,39}");

  public PostgresSettings {
    requireNonNull(name, "name");
    requireNonNull(url, "url");
    PostgresUrl.parse(url);
    if (!SCHEMA.matcher(schema).matches() || schema.startsWith("pg_")) {
      throw new IllegalArgumentException(
          "schema is 1 to 40 lower-case letters, digits and '_', and not pg_…: '" + schema + "'");
    }
    SessionLimits.check(lanes, commitTimeout);
  }

  /// The defaults, for the database at `url`.
  public static PostgresSettings of(String url) {
    return new PostgresSettings(
        DEFAULT_NAME, url, null, null, DEFAULT_SCHEMA, DEFAULT_LANES, DEFAULT_COMMIT_TIMEOUT, true);
  }

  /// The same, in another schema.
  public PostgresSettings withSchema(String other) {
    return new PostgresSettings(
        name, url, user, password, other, lanes, commitTimeout, preparedStatements);
  }

  @Override
  public String toString() {
    return "PostgresSettings[name=%s, url=%s, schema=%s, lanes=%d, commitTimeout=%s, preparedStatements=%s]"
        .formatted(name, PostgresUrl.parse(url), schema, lanes, commitTimeout, preparedStatements);
  }
}
