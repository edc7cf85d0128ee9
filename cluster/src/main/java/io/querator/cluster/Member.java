package io.querator.cluster;

import java.util.UUID;

/// A node that is alive, as far as the table knows.
///
/// @param leaseUntil in milliseconds of the table's own time: not heard of until then, it is dead
public record Member(
    NodeId id,
    UUID incarnation,
    String api,
    String peer,
    boolean storageReachable,
    int featureLevel,
    long leaseUntil) {
  Member renewed(Renewal renewal, long until) {
    return of(renewal, Math.max(leaseUntil, until));
  }

  Member until(long until) {
    return new Member(id, incarnation, api, peer, storageReachable, featureLevel, until);
  }

  static Member of(Renewal renewal, long until) {
    return new Member(
        renewal.node(),
        renewal.incarnation(),
        renewal.api(),
        renewal.peer(),
        renewal.storageReachable(),
        renewal.featureLevel(),
        until);
  }
}
