package io.querator.node.bench;

/// What a queue has to carry besides the load.
///
/// @param depth items that wait before anything is measured
/// @param leased items that are leased before and not completed
/// @param retried whether each item is leased and retried once before it is completed
/// @param snapshot whether a session of the database holds a snapshot all the time, so that no row
///   that is dead can be removed
record Conditions(int depth, int leased, boolean retried, boolean snapshot) {
  static final Conditions NONE = new Conditions(0, 0, false, false);

  String text() {
    return (depth == 0 ? "" : ", %,d items waiting before".formatted(depth))
        + (leased == 0 ? "" : ", %,d items leased before and not completed".formatted(leased))
        + (retried ? ", each item retried once" : "")
        + (snapshot ? ", a snapshot held all the time" : "");
  }
}
