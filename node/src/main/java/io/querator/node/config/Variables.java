package io.querator.node.config;

import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;

/// Reads settings from environment variables: `QUERATOR_` and the key in upper case, with `_` for
/// every `.` and `-`. A variable without a value counts as not set.
final class Variables {
  static final String PREFIX = "QUERATOR_";

  /// The file of settings.
  static final String CONFIG = PREFIX + "CONFIG";

  /// Of the launcher, not of the node.
  private static final Set<String> OTHERS = Set.of(CONFIG, PREFIX + "JAVA_OPTS");

  /// What Kubernetes tells every container about a service named `querator…`.
  private static final Pattern SERVICE =
      Pattern.compile(
          ".*_SERVICE_(HOST|PORT(_.*)?)|.*_PORT_\\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?");

  private static final Pattern SERVICE_PORT = Pattern.compile("(tcp|udp|sctp)://.*");

  private Variables() {}

  /// What `environment` gives.
  ///
  /// @param problems gets the variables that stand for nothing
  static Given.Layer read(Map<String, String> environment, Schema schema, List<Problem> problems) {
    Map<String, Given> values = new HashMap<>();
    new TreeMap<>(environment)
        .forEach((name, value) -> {
          if (!isOurs(name, value)) {
            return;
          }
          Origin origin = new Origin.Variable(name);
          schema
              .key(name, Variables::name)
              .ifPresentOrElse(
                  key -> values.put(key, new Given(value, origin)),
                  () ->
                      problems.add(
                          new Problem(
                              origin,
                              "stands for no setting"
                                  + schema.suggest(name, Variables::name, OTHERS, PREFIX))));
        });
    return new Given.Layer(values, Map.of());
  }

  /// The variable of a key.
  static String name(String key) {
    return PREFIX + key.toUpperCase(Locale.ROOT).replace('.', '_').replace('-', '_');
  }

  private static boolean isOurs(String name, String value) {
    return name.startsWith(PREFIX)
        && !value.isEmpty()
        && !OTHERS.contains(name)
        && !SERVICE.matcher(name).matches()
        && !(name.endsWith("_PORT") && SERVICE_PORT.matcher(value).matches());
  }
}
