package io.querator.storage.sql;

import io.querator.storage.Claim;
import io.querator.storage.Epoch;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/// Who holds a partition, as stored. Generation and version are -1, and there is no incarnation,
/// before the first opening.
///
/// @param format version of the partition's data
public record Fence(
    Epoch epoch, int format, long generation, long version, @Nullable UUID incarnation) {
  /// Version of the data of a partition that this program writes, and the highest that it reads.
  public static final int FORMAT = 1;

  /// Whether `claim` holds the partition, or may take it over, with this version of the program.
  boolean mayBeHeldBy(Claim claim) {
    if (format > FORMAT || generation > claim.generation()) {
      return false;
    }
    if (generation < claim.generation() || version < claim.version()) {
      return true;
    }
    return version == claim.version() && claim.incarnation().equals(incarnation);
  }
}
