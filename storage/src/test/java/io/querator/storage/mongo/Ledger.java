package io.querator.storage.mongo;

import io.querator.storage.CommitResult;
import io.querator.storage.KeyEntry;
import io.querator.storage.LowWater;
import io.querator.storage.StoredItem;
import io.querator.storage.StoredLease;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;

/// What a partition must hold, by what its owners were told; and the judge of what they see.
///
/// A turn whose owner does not know what became of it is decided by the next owner that reads the
/// partition: it is there, or it never will be. For one thread at a time.
final class Ledger {
  /// All that a partition holds, as texts that tell everything.
  record Contents(List<String> items, List<String> leases, List<String> keys, LowWater lowWater) {
    static final Contents EMPTY = new Contents(List.of(), List.of(), List.of(), LowWater.NONE);

    static Contents of(
        Collection<StoredItem> items,
        Collection<StoredLease> leases,
        Collection<KeyEntry> keys,
        LowWater lowWater) {
      return new Contents(
          items.stream().map(Contents::text).toList(),
          leases.stream().map(Contents::text).toList(),
          keys.stream().map(KeyEntry::toString).sorted().toList(),
          lowWater);
    }

    private static String text(StoredItem item) {
      return item.head() + " " + new String(item.content().payload(), StandardCharsets.UTF_8);
    }

    private static String text(StoredLease lease) {
      return lease.client()
          + Arrays.toString(lease.positions())
          + Arrays.toString(lease.attempts());
    }
  }

  /// A partition does not hold what it must.
  static final class Violation extends AssertionError {
    private static final long serialVersionUID = 1L;

    Violation(String what) {
      super(what);
    }
  }

  private enum Fate {
    OPEN,
    DONE,
    NEVER
  }

  /// A turn that was sent.
  final class Sent {
    private final String what;
    private final Contents after;
    private Fate fate = Fate.OPEN;

    private Sent(String what, Contents after) {
      this.what = what;
      this.after = after;
    }

    /// The owner has been told what became of it.
    void told(CommitResult result) {
      switch (result) {
        case CommitResult.Committed _ -> done();
        case CommitResult.NotCommitted _ -> never();
        case CommitResult.Refused _ -> never();
        case CommitResult.Fenced(var may) when !may -> never();
        case CommitResult.Unavailable(var may) when !may -> never();
        case CommitResult.Fenced _ -> {}
        case CommitResult.Unavailable _ -> {}
      }
    }

    private void done() {
      if (fate == Fate.NEVER) {
        violation("committed, but a later owner does not see it: " + what);
      }
      if (fate == Fate.OPEN) {
        apply(this);
      }
    }

    private void never() {
      if (fate == Fate.DONE) {
        violation("not committed, but a later owner sees it: " + what);
      }
      fate = Fate.NEVER;
    }
  }

  private final List<String> story = new ArrayList<>();
  private final List<Sent> open = new ArrayList<>();
  private Contents contents = Contents.EMPTY;
  private long epoch;

  Contents contents() {
    return contents;
  }

  void tell(String event) {
    story.add(event);
  }

  List<String> story() {
    return story;
  }

  /// The partition was filled before anybody owns it.
  void filled(Contents with) {
    contents = with;
  }

  /// @param after what the partition holds if this turn is committed
  Sent send(String what, Contents after) {
    Sent sent = new Sent(what, after);
    open.add(sent);
    return sent;
  }

  private void apply(Sent sent) {
    sent.fate = Fate.DONE;
    contents = sent.after;
    open.remove(sent);
  }

  /// An owner has read the partition under `ownEpoch`, and was still its owner afterwards.
  void seen(long ownEpoch, Contents found) {
    if (ownEpoch < epoch) {
      violation("epoch " + ownEpoch + " is served after epoch " + epoch);
    }
    epoch = ownEpoch;
    open.removeIf(sent -> sent.fate == Fate.NEVER);
    if (!found.equals(contents)) {
      for (Sent sent : open) {
        if (sent.after.equals(found)) {
          apply(sent);
          break;
        }
      }
    }
    if (!found.equals(contents)) {
      violation(
          "seen under epoch %d:%n%s%nexpected:%n%s%nor that after one of %s"
              .formatted(ownEpoch, found, contents, open.stream().map(sent -> sent.what).toList()));
    }
    open.forEach(sent -> sent.fate = Fate.NEVER);
    open.clear();
  }

  void check(boolean holds, String otherwise) {
    if (!holds) {
      violation(otherwise);
    }
  }

  private void violation(String what) {
    story.add("VIOLATION " + what);
    throw new Violation(what);
  }
}
