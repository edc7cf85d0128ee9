package io.querator.storage.jdbc;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Properties;
import org.jspecify.annotations.Nullable;

/// How every session with the database is set up.
final class Session {
  static final String APPLICATION = "querator";

  /// Of the server, for plans that do not depend on statistics, and for an end to whatever hangs.
  /// `tcp_…` concern the server's side of the connection.
  private static final Map<String, String> TCP =
      Map.of(
          "tcp_keepalives_idle", "5",
          "tcp_keepalives_interval", "1",
          "tcp_keepalives_count", "3",
          "tcp_user_timeout", "8000");

  /// Element types of which arrays are sent: int8, timestamptz, int4, text, bytea, uuid.
  private static final String BINARY_ARRAYS = "1016,1185,1007,1009,1001,2951";

  /// Executions after which the driver prepares a statement at the server.
  private static final String PREPARE_THRESHOLD = "2";

  private static final String CONNECT_SECONDS = "2";

  private Session() {}

  /// Settings by name, each as `current_setting` shows it, that decide over plans and over an end
  /// of what hangs.
  static Map<String, String> required() {
    Map<String, String> settings = new LinkedHashMap<>();
    settings.put("plan_cache_mode", "force_generic_plan");
    settings.put("enable_seqscan", "off");
    settings.put("jit", "off");
    settings.put("work_mem", "32MB");
    settings.put("statement_timeout", "10s");
    settings.put("idle_in_transaction_session_timeout", "3s");
    settings.put("default_transaction_isolation", "read committed");
    return settings;
  }

  /// The driver's properties for connections that give up on a silent server after `silentSeconds`,
  /// 0 for never.
  static Properties properties(PostgresSettings settings, int silentSeconds) {
    PostgresUrl url = PostgresUrl.parse(settings.url());
    Properties properties = new Properties();
    properties.setProperty("ApplicationName", APPLICATION);
    properties.setProperty("connectTimeout", CONNECT_SECONDS);
    properties.setProperty("tcpKeepAlive", "true");
    properties.putAll(url.parameters());
    put(properties, "user", settings.user(), url.user());
    put(properties, "password", settings.password(), url.password());
    properties.setProperty("socketTimeout", Integer.toString(silentSeconds));
    properties.setProperty("binaryTransferEnable", BINARY_ARRAYS);
    if (settings.preparedStatements()) {
      properties.setProperty("prepareThreshold", PREPARE_THRESHOLD);
      properties.setProperty("options", options());
    } else {
      properties.setProperty("prepareThreshold", "0");
      properties.setProperty("preparedStatementCacheQueries", "0");
    }
    return properties;
  }

  private static void put(
      Properties properties, String name, @Nullable String first, @Nullable String second) {
    String value = first != null ? first : second;
    if (value != null) {
      properties.setProperty(name, value);
    }
  }

  private static String options() {
    StringBuilder options = new StringBuilder();
    required().forEach((name, value) -> append(options, name, value));
    TCP.forEach((name, value) -> append(options, name, value));
    return options.toString();
  }

  private static void append(StringBuilder options, String name, String value) {
    options.append(" -c ").append(name).append('=').append(value.replace(" ", "\\ "));
  }
}
