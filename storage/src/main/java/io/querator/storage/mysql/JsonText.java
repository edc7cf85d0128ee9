package io.querator.storage.mysql;

import org.jspecify.annotations.Nullable;

/// A JSON text as it is put together, for `JSON_TABLE`. Commas are put where they belong. For one
/// thread.
final class JsonText {
  private final StringBuilder json = new StringBuilder();

  JsonText begin() {
    separate();
    json.append('[');
    return this;
  }

  JsonText end() {
    json.append(']');
    return this;
  }

  JsonText add(long value) {
    separate();
    json.append(value);
    return this;
  }

  /// `value`, or null.
  JsonText addNullable(@Nullable Long value) {
    return value == null ? addNull() : add(value.longValue());
  }

  private JsonText addNull() {
    separate();
    json.append("null");
    return this;
  }

  JsonText add(String value) {
    separate();
    json.append('"');
    value.chars().forEach(this::append);
    json.append('"');
    return this;
  }

  private void append(int c) {
    if (c == '"' || c == '\\' || c < ' ') {
      json.append("\\u%04x".formatted(c));
    } else {
      json.append((char) c);
    }
  }

  private void separate() {
    if (!json.isEmpty() && json.charAt(json.length() - 1) != '[') {
      json.append(',');
    }
  }

  @Override
  public String toString() {
    return json.toString();
  }
}
