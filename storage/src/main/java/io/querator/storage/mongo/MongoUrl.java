package io.querator.storage.mongo;

import com.mongodb.ConnectionString;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/// Where a database is: the parts of a `mongodb://` or `mongodb+srv://` URL that the store looks
/// at. [#toString] shows hosts and database only.
///
/// @param scheme with its `://`
/// @param hosts `host:port`, several parted by commas, or the name of a DNS record
/// @param database that holds all collections
/// @param options by their names in lower case
record MongoUrl(String scheme, String hosts, String database, Map<String, String> options) {
  static final String DEFAULT_DATABASE = "querator";

  private static final String PLAIN = "mongodb://";
  private static final String DNS = "mongodb+srv://";

  /// What the store itself decides.
  private static final Set<String> RESERVED =
      Set.of(
          "readpreference",
          "readpreferencetags",
          "maxstalenessseconds",
          "readconcernlevel",
          "wtimeoutms",
          "safe",
          "sockettimeoutms",
          "connecttimeoutms",
          "serverselectiontimeoutms",
          "timeoutms",
          "waitqueuetimeoutms",
          "maxpoolsize",
          "minpoolsize",
          "maxconnecting",
          "uuidrepresentation");

  /// `retryWrites` is in every URL that a hosted service hands out. It is always off: a turn that
  /// is sent again could bring back removed items.
  private static final Set<String> KNOWN =
      Set.of(
          "appname",
          "authmechanism",
          "authmechanismproperties",
          "authsource",
          "compressors",
          "directconnection",
          "heartbeatfrequencyms",
          "journal",
          "localthresholdms",
          "maxidletimems",
          "maxlifetimems",
          "proxyhost",
          "proxypassword",
          "proxyport",
          "proxyusername",
          "replicaset",
          "retryreads",
          "retrywrites",
          "servermonitoringmode",
          "srvmaxhosts",
          "srvservicename",
          "ssl",
          "sslinvalidhostnameallowed",
          "tls",
          "tlsallowinvalidhostnames",
          "tlsinsecure",
          "w",
          "zlibcompressionlevel");

  private static final Map<String, String> ONLY = Map.of("w", "majority", "journal", "true");

  MongoUrl {
    options = Map.copyOf(options);
  }

  /// @throws IllegalArgumentException if `url` is not such a URL; the message does not repeat it
  static MongoUrl parse(String url) {
    String scheme = url.startsWith(DNS) ? DNS : PLAIN;
    if (!url.startsWith(scheme)) {
      throw new IllegalArgumentException(
          "the url of the database must begin with mongodb:// or mongodb+srv://");
    }
    String rest = url.substring(scheme.length());
    int query = rest.indexOf('?');
    String place = query < 0 ? rest : rest.substring(0, query);
    int slash = place.indexOf('/');
    String authority = slash < 0 ? place : place.substring(0, slash);
    String database = slash < 0 ? "" : decode(place.substring(slash + 1));
    String hosts = authority.substring(authority.lastIndexOf('@') + 1);
    if (hosts.isEmpty()) {
      throw new IllegalArgumentException("the url of the database names no host");
    }
    checkReadable(scheme, url);
    return new MongoUrl(
        scheme,
        hosts,
        database.isEmpty() ? DEFAULT_DATABASE : database,
        options(query < 0 ? "" : rest.substring(query + 1)));
  }

  /// The driver asks DNS when it reads the other kind.
  private static void checkReadable(String scheme, String url) {
    if (scheme.equals(PLAIN)) {
      try {
        new ConnectionString(url);
      } catch (IllegalArgumentException e) {
        // Its own message may repeat what is a password.
        throw new IllegalArgumentException(
            "the url of the database is not mongodb://user:password@host:port/database?option=value"
                + " with every special character of user and password escaped by %");
      }
    }
  }

  private static Map<String, String> options(String query) {
    Map<String, String> options = new TreeMap<>();
    for (String pair : query.split("[&;]")) {
      if (!pair.isEmpty()) {
        String[] parts = pair.split("=", 2);
        String value = parts.length < 2 ? "" : decode(parts[1]);
        options.put(checked(decode(parts[0]), value), value);
      }
    }
    return options;
  }

  private static String checked(String given, String value) {
    String name = given.toLowerCase(Locale.ROOT);
    String only = ONLY.get(name);
    if (RESERVED.contains(name) || (only != null && !only.equals(value))) {
      throw new IllegalArgumentException(
          "the url of the database may not set '" + given + "': the storage decides it");
    }
    if (!KNOWN.contains(name)) {
      throw new IllegalArgumentException(
          "the url of the database sets '" + given + "', which the driver does not know");
    }
    return name;
  }

  private static String decode(String text) {
    try {
      return URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      // Its own message repeats what may be a password.
      throw new IllegalArgumentException("the url of the database has a '%' that escapes nothing");
    }
  }

  @Override
  public String toString() {
    return scheme + hosts + "/" + database;
  }
}
