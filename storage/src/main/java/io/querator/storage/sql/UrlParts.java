package io.querator.storage.sql;

import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// What stands behind the scheme of a database's URL, taken apart and decoded.
///
/// @param hosts as written, several parted by commas
/// @param database empty if none is named
/// @param parameters by their names as written
public record UrlParts(
    String hosts,
    String database,
    @Nullable String user,
    @Nullable String password,
    Map<String, String> parameters) {
  public UrlParts {
    parameters = Map.copyOf(parameters);
  }

  /// @param rest `user:password@hosts/database?name=value&…`
  /// @throws IllegalArgumentException if it is not of that form; the message does not repeat it
  public static UrlParts parse(String rest) {
    int query = rest.indexOf('?');
    String place = query < 0 ? rest : rest.substring(0, query);
    int slash = place.indexOf('/');
    String authority = slash < 0 ? place : place.substring(0, slash);
    int at = authority.lastIndexOf('@');
    String[] credentials = (at < 0 ? "" : authority.substring(0, at)).split(":", 2);
    String hosts = authority.substring(at + 1);
    if (hosts.isEmpty()) {
      throw new IllegalArgumentException("the url of the database names no host");
    }
    return new UrlParts(
        hosts,
        slash < 0 ? "" : decode(place.substring(slash + 1)),
        credentials[0].isEmpty() ? null : decode(credentials[0]),
        credentials.length < 2 ? null : decode(credentials[1]),
        parameters(query < 0 ? "" : rest.substring(query + 1)));
  }

  private static Map<String, String> parameters(String query) {
    Map<String, String> parameters = new TreeMap<>();
    for (String pair : query.split("&")) {
      if (!pair.isEmpty()) {
        String[] parts = pair.split("=", 2);
        parameters.put(decode(parts[0]), parts.length < 2 ? "" : decode(parts[1]));
      }
    }
    return parameters;
  }

  private static String decode(String text) {
    try {
      return URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      // Its own message repeats what may be a password.
      throw new IllegalArgumentException("the url of the database has a '%' that escapes nothing");
    }
  }
}
