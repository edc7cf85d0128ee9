package io.querator.node.config;

import static java.util.Objects.requireNonNull;

import java.util.Map;

/// A value as it was given, before it is understood.
record Given(String text, Origin origin) {
  Given {
    requireNonNull(text, "text");
    requireNonNull(origin, "origin");
  }

  /// What one source gives.
  ///
  /// @param values by key, such as `storages.0.url`
  /// @param lists the number of elements of each list that is given as a whole, by key
  record Layer(Map<String, Given> values, Map<String, Integer> lists) {
    static final Layer EMPTY = new Layer(Map.of(), Map.of());

    Layer {
      values = Map.copyOf(values);
      lists = Map.copyOf(lists);
    }
  }
}
