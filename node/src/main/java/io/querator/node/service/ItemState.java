package io.querator.node.service;

/// Why an item that should be leased is not.
public enum ItemState {
  /// There is no such item that could be leased.
  UNKNOWN,
  /// It waits to be leased.
  NOT_LEASED,
  LEASED
}
