package io.querator.storage;

import static java.util.Objects.requireNonNull;

import java.util.UUID;

/// Who opens a partition, and by which decision.
///
/// Claims are ordered by (`generation`, `version`): only a claim that is newer than the stored one
/// takes a partition over.
///
/// @param owner the node's id, for people
/// @param incarnation fresh for each start of the node's process
/// @param generation of the state that decides ownership; above every stored one after that state
///   was lost
/// @param version of the decision within its generation
public record Claim(String owner, UUID incarnation, long generation, long version) {
  public Claim {
    requireNonNull(owner, "owner");
    requireNonNull(incarnation, "incarnation");
  }
}
