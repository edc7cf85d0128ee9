package io.querator.node.trial;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/// What a trial cluster is to be.
///
/// @param nodes how many at the start, 1 to 9
/// @param port of the first node's API, each other has the next one; 0: free ones
/// @param storage the URL of a database; null: an embedded one in a temporary directory
/// @param directory where a temporary directory is made
public record TrialOptions(int nodes, int port, @Nullable String storage, Path directory) {
  public static final int NODES_MAX = 9;
}
