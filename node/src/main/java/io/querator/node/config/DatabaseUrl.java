package io.querator.node.config;

import static java.util.Objects.requireNonNull;

import io.querator.storage.database.Database;
import java.util.regex.Pattern;

/// Where a storage is: `embedded`, or the URL of a database. [#toString] hides the passwords in it.
///
/// @param reveal the whole text
public record DatabaseUrl(String reveal) {
  /// The database that the node runs by itself.
  public static final DatabaseUrl EMBEDDED = new DatabaseUrl("embedded");

  private static final Pattern PARAMETER =
      Pattern.compile("(?i)([?&][^=&]*(?:password|passwd|secret|token)[^=&]*=)[^&]*");

  public DatabaseUrl {
    requireNonNull(reveal, "reveal");
    if (!reveal.equals("embedded") && !Database.knows(reveal)) {
      throw new IllegalArgumentException(
          "expected 'embedded' or a URL that begins with " + Database.schemes());
    }
  }

  public boolean isEmbedded() {
    return reveal.equals("embedded");
  }

  /// Why `problem`, which was found in this URL, must not be told as it is: it may repeat a part of
  /// the URL, and that of a password which is not encoded, if there is an `@` behind the hosts.
  ///
  /// @return what may be told
  String told(IllegalArgumentException problem) {
    int authority = endOfAuthority(reveal, reveal.indexOf("//") + 2);
    return reveal.indexOf('@', authority) < 0
        ? String.valueOf(problem.getMessage())
        : "not a valid URL; special characters in user and password must be percent-encoded";
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
