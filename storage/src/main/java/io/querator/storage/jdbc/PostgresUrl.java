package io.querator.storage.jdbc;

import io.querator.storage.sql.UrlParts;
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
    UrlParts parts = UrlParts.parse(withoutScheme(url));
    Map<String, String> parameters = new TreeMap<>();
    parts
        .parameters()
        .forEach((name, value) -> parameters.put(checked(ALIASES.getOrDefault(name, name)), value));
    String hosts = parts.hosts();
    String user = parts.user() == null ? parameters.remove("user") : parts.user();
    String password = parts.password() == null ? parameters.remove("password") : parts.password();
    if (SYSTEM.equals(parameters.get("sslrootcert"))) {
      parameters.remove("sslrootcert");
      parameters.put("sslfactory", DefaultJavaSSLFactory.class.getName());
    }
    if (hosts.contains(",")) {
      parameters.putIfAbsent("targetServerType", "primary");
    }
    String name = !parts.database().isEmpty() ? parts.database() : user == null ? "postgres" : user;
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
