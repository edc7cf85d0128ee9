package io.querator.cluster;

import java.util.UUID;

/// A node that is alive, as far as the table knows.
///
/// @param storageSince when that came to be so, in milliseconds of the table's own time
/// @param version of its program
/// @param heardAt when it was last heard of, in milliseconds of the table's own time
/// @param leaseUntil in milliseconds of the table's own time: not heard of until then, it is dead
public record Member(
    NodeId id,
    UUID incarnation,
    String api,
    String peer,
    boolean storageReachable,
    long storageSince,
    int featureLevel,
    String version,
    long heardAt,
    long leaseUntil) {
  Member renewed(Renewal renewal, long now, long until) {
    long since = renewal.storageReachable() == storageReachable ? storageSince : now;
    return of(renewal, since, now, Math.max(leaseUntil, until));
  }

  Member until(long until) {
    return new Member(
        id,
        incarnation,
        api,
        peer,
        storageReachable,
        storageSince,
        featureLevel,
        version,
        heardAt,
        until);
  }

  /// Whether it tells the same of itself, whenever that was.
  boolean saysTheSameAs(Member other) {
    return untimed().equals(other.untimed());
  }

  private Member untimed() {
    return new Member(
        id, incarnation, api, peer, storageReachable, storageSince, featureLevel, version, 0, 0);
  }

  static Member of(Renewal renewal, long now, long until) {
    return of(renewal, now, now, until);
  }

  private static Member of(Renewal renewal, long storageSince, long now, long until) {
    return new Member(
        renewal.node(),
        renewal.incarnation(),
        renewal.api(),
        renewal.peer(),
        renewal.storageReachable(),
        storageSince,
        renewal.featureLevel(),
        renewal.version(),
        now,
        until);
  }
}
