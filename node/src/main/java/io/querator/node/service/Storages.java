package io.querator.node.service;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// The configured databases, in the order of the configuration.
final class Storages {
  private final Map<String, Storage> byName = new LinkedHashMap<>();

  /// @throws IllegalArgumentException if two have one name, or none takes new partitions
  Storages(List<Storage> storages) {
    for (Storage storage : storages) {
      if (byName.putIfAbsent(storage.name(), storage) != null) {
        throw new IllegalArgumentException("two storages have the name " + storage.name());
      }
    }
    if (storages.stream().noneMatch(storage -> storage.affinity() > 0)) {
      throw new IllegalArgumentException("no storage takes new partitions");
    }
  }

  List<Storage> all() {
    return List.copyOf(byName.values());
  }

  Optional<Storage> find(String name) {
    return Optional.ofNullable(byName.get(name));
  }
}
