package io.querator.benchmarks;

import io.querator.node.text.UsageException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/// An option on a command line, as `--name value` or `--name=value`.
///
/// @param value empty if it takes none
record Argument(String name, String value) {
  /// @param flags names of options that take no value
  /// @throws UsageException if one that is no flag has no value
  static List<Argument> parse(List<String> words, Set<String> flags) {
    List<Argument> found = new ArrayList<>();
    for (int i = 0; i < words.size(); i++) {
      String[] parts = words.get(i).split("=", 2);
      String name = parts[0];
      if (flags.contains(name)) {
        found.add(new Argument(name, ""));
      } else if (parts.length == 2) {
        found.add(new Argument(name, parts[1]));
      } else if (i + 1 < words.size()) {
        i++;
        found.add(new Argument(name, words.get(i)));
      } else {
        throw new UsageException("'" + name + "' is no option, or needs a value; see --help");
      }
    }
    return found;
  }
}
