package io.querator.chaos.cluster;

import static java.util.Objects.requireNonNull;

import io.querator.chaos.UsageException;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// A database that somebody runs, whose server is left alone. [#toString] shows no password.
///
/// Nodes reach it by links if they go where the URL says: one host, which is no seed of a replica
/// set, whose members nodes learn from each other, and no name of a DNS record.
///
/// @param scheme with its `://`
/// @param credentials with their `@`, or empty
/// @param hosts parted by commas
/// @param path with its `/`, or empty
/// @param query with its `?`, or empty
record GivenDatabase(String scheme, String credentials, String hosts, String path, String query)
    implements Database {
  /// Of queues, apart from others that the database may have.
  private static final String OWN_NAME = "querator_chaos";

  private static final String MONGODB = "mongodb://";
  private static final List<String> MYSQL = List.of("mysql://", "mariadb://");
  private static final Map<String, Integer> PORTS =
      Map.of(
          "postgres://",
          5432,
          "postgresql://",
          5432,
          "jdbc:postgresql://",
          5432,
          "mysql://",
          3306,
          "mariadb://",
          3306,
          MONGODB,
          27017,
          "mongodb+srv://",
          27017);

  private static final Pattern URL =
      Pattern.compile("([a-z:+]+://)([^/?]*@)?([^/?@]+)(/[^?]*)?(\\?.*)?");
  private static final Pattern HOST = Pattern.compile("(\\[[^]]+]|[^:,]+)(?::([0-9]{1,5}))?");

  /// @throws UsageException if it is no URL of a database that nodes know
  static GivenDatabase of(String url) {
    Matcher parts = URL.matcher(url);
    if (!parts.matches() || !PORTS.containsKey(parts.group(1))) {
      // what was given may hold a password
      throw new UsageException(
          "--storage must be one of "
              + Storage.names()
              + ", or a URL like postgres://user:password@host:5432/name");
    }
    return new GivenDatabase(
        parts.group(1), text(parts, 2), parts.group(3), text(parts, 4), text(parts, 5));
  }

  private static String text(Matcher parts, int group) {
    return parts.group(group) == null ? "" : parts.group(group);
  }

  @Override
  public Optional<InetSocketAddress> address() {
    Matcher host = HOST.matcher(hosts);
    boolean leadsElsewhere =
        scheme.equals("mongodb+srv://")
            || scheme.equals(MONGODB) && query.toLowerCase(Locale.ROOT).contains("replicaset=");
    if (leadsElsewhere || !host.matches()) {
      return Optional.empty();
    }
    int port =
        host.group(2) == null
            ? requireNonNull(PORTS.get(scheme), scheme)
            : Integer.parseInt(host.group(2));
    return Optional.of(new InetSocketAddress(host.group(1), port));
  }

  @Override
  public Map<String, String> settings(String entry) {
    boolean named = path.length() > 1;
    String url =
        scheme
            + credentials
            + (address().isPresent() ? entry : hosts)
            + (named || !scheme.startsWith("mongodb") ? path : "/" + OWN_NAME)
            + query;
    // on MySQL a schema is a database, which the URL may name
    return scheme.startsWith("mongodb") || named && MYSQL.contains(scheme)
        ? Map.of("url", url)
        : Map.of("url", url, "schema", OWN_NAME);
  }

  /// It is somebody else's.
  @Override
  public void close() {}

  @Override
  public String toString() {
    return scheme + hosts + path;
  }
}
