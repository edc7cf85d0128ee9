package io.querator.storage.mysql;

import io.querator.storage.sql.UrlParts;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// Where a database is: the parts of a `mysql://` or `mariadb://` URL, which mean the same.
/// [#toString] shows hosts and database only.
///
/// @param scheme with which it was written
/// @param hosts `host:port`, in the order in which they are tried
/// @param database empty if the URL names none
/// @param tls how connections are made safe
/// @param parameters further properties of the driver
record MysqlUrl(
    String scheme,
    List<String> hosts,
    String database,
    @Nullable String user,
    @Nullable String password,
    Tls tls,
    Map<String, String> parameters) {
  /// `sslmode`, in the words of libpq; those of MySQL's own programs are understood too.
  enum Tls {
    /// TLS if the server offers it, without a look at its certificate.
    PREFER,
    DISABLE,
    /// TLS, without a look at the server's certificate.
    REQUIRE,
    /// TLS with a server that a known authority vouches for.
    VERIFY_CA,
    /// The same, and for its name too.
    VERIFY_FULL;

    boolean verifies() {
      return this == VERIFY_CA || this == VERIFY_FULL;
    }

    static Tls parse(String text) {
      return switch (text.toLowerCase(Locale.ROOT).replace('_', '-')) {
        case "prefer", "preferred", "allow" -> PREFER;
        case "disable", "disabled" -> DISABLE;
        case "require", "required", "trust" -> REQUIRE;
        case "verify-ca" -> VERIFY_CA;
        case "verify-full", "verify-identity" -> VERIFY_FULL;
        default ->
            throw new IllegalArgumentException(
                "sslmode in the url of the database is disable, prefer, require, verify-ca or"
                    + " verify-full");
      };
    }
  }

  static final List<String> SCHEMES = List.of("mysql://", "mariadb://");

  private static final String DEFAULT_PORT = "3306";

  /// As `sslrootcert`: the authorities that Java trusts.
  private static final String SYSTEM = "system";

  private static final String CERTIFICATE = "serverSslCert";
  private static final String TRUST_STORE = "trustStore";

  private static final String SSL_MODE = "sslmode";
  private static final String SSL_ROOT_CERT = "sslrootcert";

  /// Names of MySQL's own programs, and of the driver.
  private static final Map<String, String> ALIASES =
      Map.of("ssl-mode", SSL_MODE, "sslMode", SSL_MODE, "ssl-ca", SSL_ROOT_CERT);

  /// Properties of the driver that a URL may set. All others the store decides.
  private static final Set<String> ALLOWED =
      Set.of(
          "connectTimeout",
          "keyStore",
          "keyStorePassword",
          "keyStoreType",
          "trustStore",
          "trustStorePassword",
          "trustStoreType",
          "enabledSslProtocolSuites",
          "enabledSslCipherSuites",
          "serverRsaPublicKeyFile",
          "tcpKeepIdle",
          "tcpKeepInterval",
          "tcpKeepCount");

  MysqlUrl {
    hosts = List.copyOf(hosts);
    parameters = Map.copyOf(parameters);
  }

  /// @throws IllegalArgumentException if `url` is not such a URL; the message does not repeat it
  static MysqlUrl parse(String url) {
    String scheme =
        SCHEMES.stream()
            .filter(url::startsWith)
            .findFirst()
            .orElseThrow(() ->
                new IllegalArgumentException(
                    "the url of the database must begin with mysql:// or mariadb://"));
    UrlParts parts = UrlParts.parse(url.substring(scheme.length()));
    Map<String, String> given = new TreeMap<>();
    parts.parameters().forEach((name, value) -> given.put(ALIASES.getOrDefault(name, name), value));
    String user = parts.user() == null ? given.remove("user") : parts.user();
    String password = parts.password() == null ? given.remove("password") : parts.password();
    String mode = given.remove(SSL_MODE);
    String root = given.remove(SSL_ROOT_CERT);
    Tls tls = mode != null ? Tls.parse(mode) : root != null ? Tls.VERIFY_CA : Tls.PREFER;
    given.keySet().forEach(MysqlUrl::check);
    if (root != null && !root.equals(SYSTEM)) {
      given.put(CERTIFICATE, root);
    } else if (tls.verifies()) {
      given.putIfAbsent(TRUST_STORE, trustedByJava());
    }
    List<String> hosts = List.of(parts.hosts().split(",")).stream().map(MysqlUrl::host).toList();
    return new MysqlUrl(scheme, hosts, parts.database(), user, password, tls, given);
  }

  /// Named to the driver: left to itself it takes a certificate that nobody vouches for, too, if
  /// the server proves that it knows the password.
  private static String trustedByJava() {
    Path standard = Path.of(System.getProperty("java.home"), "lib", "security", "cacerts");
    return System.getProperty("javax.net.ssl.trustStore", standard.toString());
  }

  /// The file with the certificate that vouches for the server, empty if Java's do or none must.
  Optional<Path> certificate() {
    return Optional.ofNullable(parameters.get(CERTIFICATE)).map(Path::of);
  }

  private static void check(String name) {
    if (!ALLOWED.contains(name)) {
      throw new IllegalArgumentException(
          "the url of the database may not set '"
              + name
              + "': it is unknown, or the storage decides it");
    }
  }

  private static String host(String text) {
    boolean hasPort = text.lastIndexOf(':') > text.lastIndexOf(']');
    String host = hasPort ? text : text + ":" + DEFAULT_PORT;
    if (host.startsWith(":")) {
      throw new IllegalArgumentException("the url of the database names no host");
    }
    return host;
  }

  /// The driver's properties for all that this URL says but user, password and how safe a
  /// connection is.
  Properties properties() {
    Properties properties = new Properties();
    properties.putAll(parameters);
    return properties;
  }

  @Override
  public String toString() {
    return scheme + String.join(",", hosts) + "/" + database;
  }
}
