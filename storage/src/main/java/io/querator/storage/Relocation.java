package io.querator.storage;

import static java.util.Objects.requireNonNull;

import org.jspecify.annotations.Nullable;

/// That a partition shall move to another storage.
///
/// @param storage name of the configured storage that it goes to
/// @param copy the key under which the attempt under way fills it there, known to nobody else; null
///   if none is under way
public record Relocation(String storage, @Nullable PartitionKey copy) {
  public Relocation {
    requireNonNull(storage, "storage");
  }
}
