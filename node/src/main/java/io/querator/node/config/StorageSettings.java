package io.querator.node.config;

import static java.util.Objects.requireNonNull;

import io.querator.storage.database.Database;
import io.querator.storage.database.DatabaseSettings;
import java.nio.file.Path;
import java.time.Duration;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// A database that partitions are kept in.
///
/// @param name of the storage, kept with each partition: 1 to 64 letters, digits, `_`, `-`
/// @param url `embedded`, `postgres://user@host:port/database?sslmode=…`, the same with `mysql://`
///   or `mariadb://`, or `jdbc:postgresql://host:port/database?…`
/// @param user goes before the one in the url
/// @param password goes before the one in the url
/// @param passwordFile a file that holds the password alone; read at start
/// @param affinity 0 to 1,000: its share of new partitions, relative to the other storages'; 0:
///   takes no new ones
/// @param schema that holds all tables
/// @param lanes 1 to 64: groups of two connections that its partitions are bound to
/// @param commitTimeout 1 s to 5 min: how long a commit tries before its callers are told that the
///   outcome is unknown
/// @param preparedStatements false behind a pooler in transaction mode
public record StorageSettings(
    String name,
    DatabaseUrl url,
    @Nullable String user,
    @Nullable Secret password,
    @Nullable Path passwordFile,
    double affinity,
    String schema,
    int lanes,
    Duration commitTimeout,
    boolean preparedStatements) {
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_-]{1,64}");
  private static final Pattern SCHEMA = Pattern.compile("[a-z_][a-z0-9_]{0,39}");
  private static final int AFFINITY_MAX = 1_000;
  private static final int LANES_MAX = 64;

  static final StorageSettings DEFAULT =
      new StorageSettings(
          "default",
          DatabaseUrl.EMBEDDED,
          null,
          null,
          null,
          1,
          "querator",
          4,
          Duration.ofSeconds(10),
          true);

  public StorageSettings {
    requireNonNull(url, "url");
    if (!NAME.matcher(name).matches()) {
      throw new SettingException(
          "name", "must be 1 to 64 letters, digits, '_' and '-', not '" + name + "'");
    }
    if (password != null && passwordFile != null) {
      throw new SettingException("passwordFile", "give either password or password-file, not both");
    }
    if (!SCHEMA.matcher(schema).matches() || schema.startsWith("pg_")) {
      throw new SettingException(
          "schema",
          "must be 1 to 40 of a-z, 0-9 and '_', begin with no digit and not with 'pg_', not '"
              + schema
              + "'");
    }
    if (url.isEmbedded() && (user != null || password != null || passwordFile != null)) {
      throw new SettingException(
          user != null ? "user" : password != null ? "password" : "passwordFile",
          "the embedded database takes no user and no password; is the url missing?");
    }
    Range.check("affinity", affinity, 0, AFFINITY_MAX);
    Range.check("lanes", lanes, 1, LANES_MAX);
    Range.check("commitTimeout", commitTimeout, "1s", "5m");
    if (!url.isEmbedded()) {
      checkUrl(url, name, schema, lanes, commitTimeout);
    }
  }

  private static void checkUrl(
      DatabaseUrl url, String name, String schema, int lanes, Duration commitTimeout) {
    try {
      Database.check(
          new DatabaseSettings(name, url.reveal(), null, null, schema, lanes, commitTimeout, true));
    } catch (IllegalArgumentException e) {
      throw new SettingException("url", url.told(e));
    }
  }
}
