package io.querator.chaos.fault;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/// What can be broken. The text of each is its name in lower case with `-`.
public enum FaultKind {
  /// `kill -9` of a node, which starts again later.
  KILL_NODE,
  /// As KILL_NODE, of the node that leads.
  KILL_LEADER,
  /// SIGSTOP of a node for longer than its lease; then SIGCONT.
  PAUSE_NODE,
  /// As PAUSE_NODE, of the node that leads.
  PAUSE_LEADER,
  /// SIGTERM of a node, which starts again later.
  STOP_NODE,
  /// An operator drains a node that hears late of it, and undrains it later.
  DRAIN_NODE,
  /// SIGTERM and start of every node in turn.
  ROLLING_RESTART,
  /// Two further nodes join; later both leave by SIGTERM.
  ADD_NODES,
  /// A node is cut off from the other nodes, not from the database or the clients.
  ISOLATE_NODE,
  /// A node is cut off from the database, not from the other nodes.
  CUT_DATABASE,
  /// One direction of the links from one node to the others is cut.
  CUT_ONE_WAY,
  /// One direction between a node and the database is cut.
  CUT_DATABASE_ONE_WAY,
  /// Clients cannot reach a node, or its answers do not reach them.
  CUT_CLIENTS,
  /// `kill -9` of more than half of the seeds; all start again later.
  LOSE_MAJORITY,
  /// All links between nodes, and to the database, are slow.
  SLOW_LINKS,
  /// All partitions are moved from one of two databases to the other, and back.
  MOVE_PARTITIONS,
  /// `kill -9` of the database, which starts again at once.
  KILL_DATABASE,
  /// The database is stopped, and starts again later.
  STOP_DATABASE,
  /// The database ends all connections and refuses new ones.
  REFUSE_DATABASE,
  /// A connection to the database is lost as soon as it answers: what was committed is not known.
  LOSE_COMMITS,
  /// The wall clock of a node is an hour ahead or behind.
  MOVE_CLOCK,
  /// A node cannot write any file that is longer than a few bytes.
  FILL_DISK,
  /// A node is killed, and starts again without its part of the table of who owns what.
  WIPE_NODE,
  /// Every packet from and to a node is lost. Needs namespaces.
  UNPLUG_NODE,
  /// A node is killed after its packets are lost, so that nobody hears of its end. Needs
  /// namespaces.
  POWER_OFF_NODE;

  /// Whether it ends with the start of what it has ended.
  boolean startsNodes() {
    return switch (this) {
      case KILL_NODE, KILL_LEADER, WIPE_NODE, STOP_NODE, LOSE_MAJORITY, POWER_OFF_NODE -> true;
      default -> false;
    };
  }

  /// Whether it is what operators do, from which nobody is to suffer.
  boolean planned() {
    return switch (this) {
      case STOP_NODE, DRAIN_NODE, ROLLING_RESTART, ADD_NODES, MOVE_PARTITIONS -> true;
      default -> false;
    };
  }

  /// Whether each node must have a network of its own for it.
  public boolean needsNamespaces() {
    return this == UNPLUG_NODE || this == POWER_OFF_NODE;
  }

  /// Whether it is done to the database's own server, which must be durable.
  public boolean needsServer() {
    return this == KILL_DATABASE || this == STOP_DATABASE;
  }

  /// Whether it is done to the links from nodes to the database alone.
  public boolean needsDatabaseLinks() {
    return switch (this) {
      case CUT_DATABASE, CUT_DATABASE_ONE_WAY, REFUSE_DATABASE, LOSE_COMMITS -> true;
      default -> false;
    };
  }

  /// Such as `kill-node`.
  public String text() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /// The kind of a text.
  public static Optional<FaultKind> of(String text) {
    return Arrays.stream(values()).filter(kind -> kind.text().equals(text)).findFirst();
  }

  /// All kinds.
  public static List<FaultKind> all() {
    return List.of(values());
  }
}
