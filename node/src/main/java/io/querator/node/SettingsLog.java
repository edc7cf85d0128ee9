package io.querator.node;

import io.querator.node.config.Rendering;
import io.querator.node.config.SettingsReader;
import java.util.LinkedHashMap;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.spi.LoggingEventBuilder;

/// Logs what the node runs with, without secrets: a line for each group of settings.
final class SettingsLog {
  private static final Logger log = LoggerFactory.getLogger(Node.class);

  private SettingsLog() {}

  static void write(SettingsReader.Read read) {
    log.atInfo()
        .addKeyValue("version", NodeVersion.text())
        .addKeyValue("java", Runtime.version())
        .addKeyValue("pid", ProcessHandle.current().pid())
        .addKeyValue("file", read.file() == null ? "none" : read.file())
        .log("starting");
    Map<String, LoggingEventBuilder> groups = new LinkedHashMap<>();
    Rendering.entries(read.settings())
        .forEach((key, value) ->
            groups.compute(
                group(key),
                (_, line) -> (line == null ? log.atInfo() : line).addKeyValue(key, value)));
    groups.values().forEach(group -> group.log("settings"));
  }

  private static String group(String key) {
    return key.indexOf('.') < 0 ? "" : key.substring(0, key.indexOf('.'));
  }
}
