package io.querator.node.text;

import java.net.URI;

/// The argument that names a node to ask.
public final class NodeUrl {
  /// The API of a node on this machine.
  public static final URI DEFAULT = URI.create("http://127.0.0.1:2319");

  private NodeUrl() {}

  /// @throws UsageException if `text` is not the URL of a node's API
  public static URI parse(String text) {
    try {
      URI uri = URI.create(text);
      if ("http".equals(uri.getScheme()) && uri.getHost() != null) {
        return uri;
      }
    } catch (IllegalArgumentException e) {
      // said below
    }
    throw new UsageException("--url must be like " + DEFAULT + ", not '" + text + "'");
  }
}
