package io.querator.node.api;

import io.querator.client.Text;
import io.querator.node.http.ReplyException;

/// What all texts of requests must be.
final class Texts {
  private Texts() {}

  /// @param field as it is called in the message
  /// @throws ReplyException if U+0000 stands in the text: not every database can keep it
  static void checkNoNul(String field, String text) {
    if (Text.containsNul(text)) {
      throw Refusals.invalid(field + " is invalid; cannot contain a NUL character");
    }
  }

  /// The texts of an item.
  static void checkItem(String kind, String reference, String encoding) {
    checkNoNul("kind", kind);
    checkNoNul("reference", reference);
    checkNoNul("encoding", encoding);
  }
}
