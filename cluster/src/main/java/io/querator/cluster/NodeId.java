package io.querator.cluster;

import java.util.regex.Pattern;

/// The name of a node, which it keeps when its process starts again.
///
/// @param value 1 to 64 letters, digits, `.`, `_` and `-`
public record NodeId(String value) implements Comparable<NodeId> {
  private static final Pattern ALLOWED = Pattern.compile("[A-Za-z0-9._-]{1,64}");

  public NodeId {
    if (!ALLOWED.matcher(value).matches()) {
      throw new IllegalArgumentException(
          "a node's id is 1 to 64 letters, digits, '.', '_' and '-', but not '" + value + "'");
    }
  }

  @Override
  public int compareTo(NodeId other) {
    return value.compareTo(other.value);
  }

  @Override
  public String toString() {
    return value;
  }
}
