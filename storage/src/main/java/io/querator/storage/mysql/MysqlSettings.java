package io.querator.storage.mysql;

import static java.util.Objects.requireNonNull;

import io.querator.storage.sql.SessionLimits;
import java.time.Duration;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// How to reach and use a MySQL or MariaDB database. Checked when made; [#toString] shows no
/// password.
///
/// @param name of this storage, for logs and metrics
/// @param url `mysql://user:password@host:port/database?sslmode=…`, or the same with `mariadb://`
/// @param user goes before the one in the url
/// @param password goes before the one in the url
/// @param schema the database that holds all tables where the url names none; it is created where
///   it is missing
/// @param lanes how many groups of two connections the partitions are bound to, 1 to 64
/// @param commitTimeout how long a commit may try before it gives up, 1 s to 5 min
public record MysqlSettings(
    String name,
    String url,
    @Nullable String user,
    @Nullable String password,
    String schema,
    int lanes,
    Duration commitTimeout) {
  public static final String DEFAULT_SCHEMA = "querator";

  private static final Pattern DATABASE = Pattern.compile("[A-Za-z0-9_$-]{1,64}");

  public MysqlSettings {
    requireNonNull(name, "name");
    requireNonNull(url, "url");
    requireNonNull(schema, "schema");
    String named = MysqlUrl.parse(url).database();
    checkDatabase(named.isEmpty() ? schema : named);
    if (!named.isEmpty() && !schema.equals(DEFAULT_SCHEMA) && !schema.equals(named)) {
      throw new IllegalArgumentException(
          "the url names the database '%s' and schema is '%s'; on MySQL and MariaDB these are one: leave one out"
              .formatted(named, schema));
    }
    SessionLimits.check(lanes, commitTimeout);
  }

  private static void checkDatabase(String name) {
    if (!DATABASE.matcher(name).matches()) {
      throw new IllegalArgumentException(
          "the name of the database is 1 to 64 letters, digits, '_', '-' and '$': '" + name + "'");
    }
  }

  /// The database that holds all tables.
  String database() {
    String named = MysqlUrl.parse(url).database();
    return named.isEmpty() ? schema : named;
  }

  @Override
  public String toString() {
    return "MysqlSettings[name=%s, url=%s, database=%s, lanes=%d, commitTimeout=%s]"
        .formatted(name, MysqlUrl.parse(url), database(), lanes, commitTimeout);
  }
}
