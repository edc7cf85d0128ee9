package io.querator.queue;

/// How many items went which way since the partition was opened here. Owned by the partition loop.
final class Rates {
  long produced;
  long leased;
  long completed;
  long retried;

  /// Items whose lease ran out.
  long leasesExpired;

  /// Items that waited longer than their queue allows.
  long expired;

  /// Items that went to the dead queue, or were deleted for want of one.
  long dead;

  Rates copy() {
    Rates copy = new Rates();
    copy.produced = produced;
    copy.leased = leased;
    copy.completed = completed;
    copy.retried = retried;
    copy.leasesExpired = leasesExpired;
    copy.expired = expired;
    copy.dead = dead;
    return copy;
  }
}
