package io.querator.node;

import java.util.stream.Collectors;

/// What `querator --help` prints.
final class Help {
  private Help() {}

  static String text() {
    return """
    Querator %s: a work queue over HTTP that keeps its items in the database you already operate.

    usage: querator [command] [flags]

    Commands:
    %s
      chaos                 break a cluster of its own, and prove that it loses nothing: in a checkout

    Flags of the server:
      --listen HOST:PORT    where clients connect to (default 127.0.0.1:2319)
      --data FOLDER         the folder of the embedded database (default ./data)
      --storage URL         a database of yours: postgres://user:password@host:port/database,
                            or the same with mysql://, mariadb:// or mongodb://
      --config FILE         settings in YAML (default ./querator.yaml, if there is one)
      --log-format FORMAT   text or json
      --set KEY=VALUE       any setting; --KEY=VALUE does the same, with - for each . of the key
      --check-config        print the settings that would be used, without secrets, and end
      --version, --help

    querator.example.yaml describes every setting. Each is an environment variable, too:
    http.produce-body-max is QUERATOR_HTTP_PRODUCE_BODY_MAX. Flags go before the environment,
    that before the file. QUERATOR_JAVA_OPTS holds options for the JVM.\
    """
        .formatted(NodeVersion.text(), commands());
  }

  private static String commands() {
    return Main.COMMANDS.stream()
        .map(command -> "  %-20s  %s".formatted(command.name(), command.summary()))
        .collect(Collectors.joining("\n"));
  }
}
