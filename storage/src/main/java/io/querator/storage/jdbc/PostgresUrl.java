package io.querator.storage.jdbc;

import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGProperty;
import org.postgresql.ssl.DefaultJavaSSLFactory;

/// Where a database is: the parts of a `postgres://` or JDBC URL. [#toString] shows hosts and
/// database only.
///
/// @param hosts `host:port`, several parted by commas
/// @param parameters properties of the driver
record PostgresUrl(
    String hosts,
    String database,
    @Nullable String user,
    @Nullable String password,
    Map<String, String> parameters) {
  private static final String JDBC = "jdbc:postgresql:";

  /// As `sslrootcert`: the authorities that the system trusts, as libpq has it; the driver takes
  /// them from Java.
  private static final String SYSTEM = "system";

  /// Names of libpq for what the driver calls otherwise.
  private static final Map<String, String> ALIASES =
      Map.of(
          "application_name", "ApplicationName",
          "connect_timeout", "connectTimeout",
          "keepalives", "tcpKeepAlive");

  /// What the store itself decides.
  private static final Set<String> RESERVED =
      Set.of(
          "options",
          "prepareThreshold",
          "preferQueryMode",
          "binaryTransfer",
          "binaryTransferEnable",
          "binaryTransferDisable",
          "autosave",
          "readOnly",
          "readOnlyMode",
          "socketTimeout",
          "currentSchema",
          "stringtype",
          "reWriteBatchedInserts",
          "queryTimeout",
          "assumeMinServerVersion");

  private static final Set<String> KNOWN =
      Arrays.stream(PGProperty.values())
          .map(PGProperty::getName)
          .collect(Collectors.toUnmodifiableSet());

  PostgresUrl {
    parameters = Map.copyOf(parameters);
  }

  /// @throws IllegalArgumentException if `url` is not such a URL; the message does not repeat it
  static PostgresUrl parse(String url) {
    String rest = withoutScheme(url);
    int query = rest.indexOf('?');
    Map<String, String> parameters = parameters(query < 0 ? "" : rest.substring(query + 1));
    String place = query < 0 ? rest : rest.substring(0, query);
    int slash = place.indexOf('/');
    String authority = slash < 0 ? place : place.substring(0, slash);
    String database = slash < 0 ? "" : decode(place.substring(slash + 1));
    int at = authority.lastIndexOf('@');
    String[] credentials = (at < 0 ? "" : authority.substring(0, at)).split(":", 2);
    String user = credentials[0].isEmpty() ? parameters.remove("user") : decode(credentials[0]);
    String password =
        credentials.length < 2 ? parameters.remove("password") : decode(credentials[1]);
    String hosts = authority.substring(at + 1);
    if (hosts.isEmpty()) {
      throw new IllegalArgumentException("the url of the database names no host");
    }
    if (SYSTEM.equals(parameters.get("sslrootcert"))) {
      parameters.remove("sslrootcert");
      parameters.put("sslfactory", DefaultJavaSSLFactory.class.getName());
    }
    if (hosts.contains(",")) {
      parameters.putIfAbsent("targetServerType", "primary");
    }
    String name = !database.isEmpty() ? database : user == null ? "postgres" : user;
    return new PostgresUrl(hosts, name, user, password, parameters);
  }

  private static String withoutScheme(String url) {
    for (String scheme : new String[] {JDBC + "//", "postgres://", "postgresql://"}) {
      if (url.startsWith(scheme)) {
        return url.substring(scheme.length());
      }
    }
    throw new IllegalArgumentException(
        "the url of the database must begin with postgres://, postgresql:// or jdbc:postgresql://");
  }

  private static Map<String, String> parameters(String query) {
    Map<String, String> parameters = new TreeMap<>();
    for (String pair : query.split("&")) {
      if (!pair.isEmpty()) {
        String[] parts = pair.split("=", 2);
        String given = decode(parts[0]);
        parameters.put(
            checked(ALIASES.getOrDefault(given, given)), parts.length < 2 ? "" : decode(parts[1]));
      }
    }
    return parameters;
  }

  private static String checked(String name) {
    if (RESERVED.contains(name)) {
      throw new IllegalArgumentException(
          "the url of the database may not set '" + name + "': the storage decides it");
    }
    if (!KNOWN.contains(name)) {
      throw new IllegalArgumentException(
          "the url of the database sets '" + name + "', which the driver does not know");
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

  /// The address for the driver, without user, password and parameters.
  String jdbc() {
    return JDBC
        + "//"
        + hosts
        + "/"
        + URLEncoder.encode(database, StandardCharsets.UTF_8).replace("+", "%20");
  }

  @Override
  public String toString() {
    return "postgres://" + hosts + "/" + database;
  }
}
