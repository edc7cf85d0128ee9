package io.querator.node.http.codec;

/// Decides, while a body is being decoded, which elements of the request's lists are kept in
/// memory.
///
/// An empty element takes two bytes of a body but a hundred of memory, so a body within its limit
/// could still exhaust the heap. Elements that are not kept are checked and counted all the same.
@FunctionalInterface
public interface ListGate {
  /// Whether to keep the element number `count`, from 1. Once it answered no, it is expected to go
  /// on answering no.
  ///
  /// May throw to give up the whole request.
  boolean keep(int count);

  /// Keeps the first `max` elements and counts the others.
  static ListGate upTo(int max) {
    return count -> count <= max;
  }
}
