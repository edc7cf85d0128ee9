package io.querator.node.config;

import static java.util.Objects.requireNonNull;

import io.querator.storage.jdbc.PostgresSettings;
import java.util.List;
import java.util.regex.Pattern;

/// Where a storage is: `embedded`, or the URL of a database. [#toString] hides the passwords in it.
///
/// @param reveal the whole text
public record DatabaseUrl(String reveal) {
  /// The database that the node runs by itself.
  public static final DatabaseUrl EMBEDDED = new DatabaseUrl("embedded");

  private static final List<String> SCHEMES =
      List.of("postgres://", "postgresql://", "jdbc:postgresql://");

  private static final Pattern PARAMETER =
      Pattern.compile("(?i)([?&][^=&]*(?:password|passwd|secret|token)[^=&]*=)[^&]*");

  public DatabaseUrl {
    requireNonNull(reveal, "reveal");
    if (!reveal.equals("embedded")) {
      if (SCHEMES.stream().noneMatch(reveal::startsWith)) {
        throw new IllegalArgumentException(
            "expected 'embedded' or a URL that begins with postgres:// or jdbc:postgresql://");
      }
      check(reveal);
    }
  }

  /// The driver's own words may repeat a part of the URL, and that of a password which is not
  /// encoded: with an `@` behind the hosts they are not passed on.
  private static void check(String url) {
    try {
      PostgresSettings.of(url);
    } catch (IllegalArgumentException e) {
      int authority = endOfAuthority(url, url.indexOf("//") + 2);
      if (url.indexOf('@', authority) < 0) {
        throw e;
      }
      throw new IllegalArgumentException(
          "not a valid URL; special characters in user and password must be percent-encoded", e);
    }
  }

  public boolean isEmbedded() {
    return reveal.equals("embedded");
  }

  /// Rather hides too much than too little: a password with a `/` or `?` in it is not a valid one,
  /// and must not be shown for that.
  @Override
  public String toString() {
    return PARAMETER.matcher(withoutUserInfo()).replaceAll("$1" + Secret.HIDDEN);
  }

  private String withoutUserInfo() {
    int start = reveal.indexOf("//") + 2;
    int colon = reveal.indexOf(':', start);
    int at = reveal.lastIndexOf('@', endOfAuthority(reveal, start));
    int end = at >= start ? at : reveal.lastIndexOf('@');
    return colon < 0 || end < colon
        ? reveal
        : reveal.substring(0, colon + 1) + Secret.HIDDEN + reveal.substring(end);
  }

  private static int endOfAuthority(String url, int start) {
    for (int i = start; i < url.length(); i++) {
      if ("/?#".indexOf(url.charAt(i)) >= 0) {
        return i;
      }
    }
    return url.length();
  }
}
