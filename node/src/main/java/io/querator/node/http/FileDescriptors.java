package io.querator.node.http;

import com.sun.management.UnixOperatingSystemMXBean;
import java.lang.management.ManagementFactory;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// How many connections the system lets this process have.
///
/// Helidon stops its server for good when the system refuses a connection for want of descriptors,
/// so it must not come to that.
final class FileDescriptors {
  private static final Logger LOG = LoggerFactory.getLogger(FileDescriptors.class);

  /// For files, and connections to databases and other nodes.
  private static final long RESERVED = 256;

  private FileDescriptors() {}

  /// The connections that may be open, `wanted` at most.
  static int connectionsMax(int wanted) {
    if (!(ManagementFactory.getOperatingSystemMXBean()
        instanceof UnixOperatingSystemMXBean system)) {
      return wanted;
    }
    long limit = system.getMaxFileDescriptorCount();
    int max = connectionsMax(wanted, limit, system.getOpenFileDescriptorCount());
    if (max < wanted) {
      LOG.atWarn()
          .addKeyValue("wanted", wanted)
          .addKeyValue("allowed", max)
          .addKeyValue("descriptors", limit)
          .log("the limit of open files allows fewer connections than set (ulimit -n)");
    }
    return max;
  }

  /// @param limit of descriptors; negative if it is not known
  /// @param open descriptors
  static int connectionsMax(int wanted, long limit, long open) {
    return limit < 0 ? wanted : (int) Math.max(1, Math.min(wanted, limit - open - RESERVED));
  }
}
