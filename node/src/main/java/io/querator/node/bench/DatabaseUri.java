package io.querator.node.bench;

import io.querator.node.text.UsageException;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;

/// Where a database is, taken from a URL for a driver that wants the parts in another form.
///
/// @param place `host:port/name` or less, as written
/// @param credentials `user` and `password` where they are given
/// @param parameters behind the question mark, as written
record DatabaseUri(String place, Properties credentials, Map<String, String> parameters) {
  DatabaseUri {
    parameters = Map.copyOf(parameters);
  }

  /// @throws UsageException if it is none with one host; the message does not repeat it
  static DatabaseUri parse(String url) {
    try {
      URI uri = URI.create(url);
      if (uri.getHost() != null) {
        String port = uri.getPort() < 0 ? "" : ":" + uri.getPort();
        return new DatabaseUri(
            uri.getHost() + port + uri.getRawPath(),
            credentials(uri.getRawUserInfo() == null ? "" : uri.getRawUserInfo()),
            parameters(uri.getRawQuery() == null ? "" : uri.getRawQuery()));
      }
    } catch (IllegalArgumentException e) {
      // its message repeats what may be a password
    }
    throw new UsageException(
        "the URL of the database must be like postgres://user:password@host:5432/name");
  }

  private static Properties credentials(String userInfo) {
    Properties properties = new Properties();
    String[] parts = userInfo.split(":", 2);
    if (!parts[0].isEmpty()) {
      properties.setProperty("user", decode(parts[0]));
    }
    if (parts.length == 2) {
      properties.setProperty("password", decode(parts[1]));
    }
    return properties;
  }

  private static Map<String, String> parameters(String query) {
    Map<String, String> parameters = new TreeMap<>();
    Arrays.stream(query.split("&", -1))
        .filter(pair -> !pair.isEmpty())
        .map(pair -> pair.split("=", 2))
        .forEach(pair -> parameters.put(pair[0], pair.length == 2 ? pair[1] : ""));
    return parameters;
  }

  static String decode(String text) {
    return URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.UTF_8);
  }
}
