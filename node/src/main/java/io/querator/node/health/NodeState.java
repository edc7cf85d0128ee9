package io.querator.node.health;

import java.util.concurrent.atomic.AtomicInteger;

/// How far the life of the node has come. Written by the node's own thread, read by all.
public final class NodeState {
  /// Goes from one to the next, never back.
  public enum Phase {
    STARTING,
    /// Serves what other nodes pass on, and owns partitions as soon as they give it some.
    JOINING,
    SERVING,
    /// Serves what still comes, while other nodes take its partitions.
    LEAVING,
    STOPPING,
    /// Stops, and other nodes serve what it served.
    LEFT
  }

  private static final Phase[] PHASES = Phase.values();

  private final AtomicInteger phase = new AtomicInteger();
  private volatile boolean draining;

  public Phase phase() {
    return PHASES[phase.get()];
  }

  /// Goes on to `next`; does nothing if the node is there or further.
  public void advance(Phase next) {
    phase.accumulateAndGet(next.ordinal(), Math::max);
  }

  /// Whether somebody wants this node to own nothing.
  public boolean isDraining() {
    return draining;
  }

  public void draining(boolean wanted) {
    draining = wanted;
  }
}
