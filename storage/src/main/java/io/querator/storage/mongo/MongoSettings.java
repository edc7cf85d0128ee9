package io.querator.storage.mongo;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// How to reach and use a MongoDB database. Checked when made; [#toString] shows no password.
///
/// @param name of this storage, for logs and metrics
/// @param url `mongodb://user:password@host:port,…/database?option=…` or
///   `mongodb+srv://user:password@name/database?option=…`
/// @param user goes before the one in the url
/// @param password goes before the one in the url
/// @param database that holds all collections, or null: the one in the url, else `querator`
/// @param connections how many at most for everything but counts, 2 to 1,000
/// @param commitTimeout how long a commit may try before it gives up, 1 s to 5 min
public record MongoSettings(
    String name,
    String url,
    @Nullable String user,
    @Nullable String password,
    @Nullable String database,
    int connections,
    Duration commitTimeout) {
  public static final String DEFAULT_NAME = "mongodb";
  public static final int DEFAULT_CONNECTIONS = 32;
  public static final Duration DEFAULT_COMMIT_TIMEOUT = Duration.ofSeconds(10);

  private static final int CONNECTIONS_MIN = 2;
  private static final int CONNECTIONS_MAX = 1_000;
  private static final Duration COMMIT_TIMEOUT_MIN = Duration.ofSeconds(1);
  private static final Duration COMMIT_TIMEOUT_MAX = Duration.ofMinutes(5);

  /// Narrower than the server's rule, which also depends on its operating system.
  private static final Pattern DATABASE = Pattern.compile("[A-Za-z0-9_-]{1,38}");

  public MongoSettings {
    requireNonNull(name, "name");
    requireNonNull(url, "url");
    MongoUrl parsed = MongoUrl.parse(url);
    String used = database == null ? parsed.database() : database;
    if (!DATABASE.matcher(used).matches()) {
      throw new IllegalArgumentException(
          "database is 1 to 38 letters, digits, '_' and '-': '" + used + "'");
    }
    if (connections < CONNECTIONS_MIN || connections > CONNECTIONS_MAX) {
      throw new IllegalArgumentException(
          "connections is %d to %d: %d".formatted(CONNECTIONS_MIN, CONNECTIONS_MAX, connections));
    }
    if (commitTimeout.compareTo(COMMIT_TIMEOUT_MIN) < 0
        || commitTimeout.compareTo(COMMIT_TIMEOUT_MAX) > 0) {
      throw new IllegalArgumentException("commit-timeout is 1 s to 5 min: " + commitTimeout);
    }
  }

  /// The defaults, for the database at `url`.
  public static MongoSettings of(String url) {
    return new MongoSettings(
        DEFAULT_NAME, url, null, null, null, DEFAULT_CONNECTIONS, DEFAULT_COMMIT_TIMEOUT);
  }

  /// The same, in another database.
  public MongoSettings withDatabase(String other) {
    return new MongoSettings(name, url, user, password, other, connections, commitTimeout);
  }

  /// The name of the database that holds all collections.
  String usedDatabase() {
    return database == null ? MongoUrl.parse(url).database() : database;
  }

  @Override
  public String toString() {
    MongoUrl parsed = MongoUrl.parse(url);
    return "MongoSettings[name=%s, url=%s%s, database=%s, connections=%d, commitTimeout=%s]"
        .formatted(
            name, parsed.scheme(), parsed.hosts(), usedDatabase(), connections, commitTimeout);
  }
}
