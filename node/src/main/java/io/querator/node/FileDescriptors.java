package io.querator.node;

import com.sun.management.UnixOperatingSystemMXBean;
import java.lang.management.ManagementFactory;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/// How many connections the system lets this process have, and to whom.
///
/// Helidon stops its server for good when the system refuses a connection for want of descriptors,
/// so it must not come to that, whoever has all the connections that he may have.
enum FileDescriptors {
  /// Connections of clients.
  CLIENTS(6),

  /// Connections of other nodes.
  FROM_NODES(1),

  /// Connections to other nodes, by which calls are passed on.
  TO_NODES(1);

  private static final Logger log = LoggerFactory.getLogger(FileDescriptors.class);

  /// For files, and connections to databases.
  private static final long RESERVED = 256;

  private static final int ALL = 8;

  private final int eighths;

  FileDescriptors(int eighths) {
    this.eighths = eighths;
  }

  /// The connections of this kind that may be open, `wanted` at most.
  int connectionsMax(int wanted) {
    if (!(ManagementFactory.getOperatingSystemMXBean()
        instanceof UnixOperatingSystemMXBean system)) {
      return wanted;
    }
    long limit = system.getMaxFileDescriptorCount();
    int max = connectionsMax(wanted, limit, system.getOpenFileDescriptorCount());
    if (max < wanted) {
      // only that of clients is a setting, which a person relies on
      log.atLevel(this == CLIENTS ? Level.WARN : Level.DEBUG)
          .addKeyValue("of", this)
          .addKeyValue("wanted", wanted)
          .addKeyValue("allowed", max)
          .addKeyValue("descriptors", limit)
          .log("the limit of open files allows fewer connections than wanted (ulimit -n)");
    }
    return max;
  }

  /// @param limit of descriptors; negative if it is not known
  /// @param open descriptors
  int connectionsMax(int wanted, long limit, long open) {
    if (limit < 0) {
      return wanted;
    }
    long share = (limit - open - RESERVED) * eighths / ALL;
    return (int) Math.max(1, Math.min(wanted, share));
  }
}
