package io.querator.node.log;

import ch.qos.logback.classic.spi.ILoggingEvent;
import java.time.Instant;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.event.KeyValuePair;

/// For programs: one object a line, with `time`, `level`, `logger`, `message`, the key-value pairs
/// beside them, and `error` with the stack trace. A pair whose key is taken gets a `_` after it.
final class JsonLine implements LineFormat {
  private static final Set<String> RESERVED =
      Set.of("time", "level", "logger", "thread", "message", "error");

  @Override
  public void append(ILoggingEvent event, StringBuilder line) {
    line.append("{\"time\":\"");
    TextLine.TIME.formatTo(Instant.ofEpochMilli(event.getTimeStamp()), line);
    line.append("\",\"level\":\"").append(event.getLevel()).append('"');
    appendText(line, "logger", event.getLoggerName());
    appendText(line, "thread", event.getThreadName());
    appendText(line, "message", event.getFormattedMessage());
    if (event.getKeyValuePairs() != null) {
      Set<String> taken = new HashSet<>(RESERVED);
      event.getKeyValuePairs().forEach(pair -> append(pair, taken, line));
    }
    if (event.getThrowableProxy() != null) {
      StringBuilder trace = new StringBuilder(1024);
      StackTrace.append(trace, event.getThrowableProxy());
      appendText(line, "error", trace.toString());
    }
    line.append("}\n");
  }

  private static void append(KeyValuePair pair, Set<String> taken, StringBuilder line) {
    String key = pair.key;
    while (!taken.add(key)) {
      key += "_";
    }
    appendKey(line, key);
    switch (pair.value) {
      case null -> line.append("null");
      case Integer _, Long _, Short _, Byte _, Boolean _ -> line.append(pair.value);
      case Double value when Double.isFinite(value) -> line.append(value);
      default -> appendQuoted(line, String.valueOf(pair.value));
    }
  }

  private static void appendText(StringBuilder line, String key, @Nullable String text) {
    appendKey(line, key);
    appendQuoted(line, text == null ? "" : text);
  }

  private static void appendKey(StringBuilder line, String key) {
    line.append(',');
    appendQuoted(line, key);
    line.append(':');
  }

  private static void appendQuoted(StringBuilder line, String text) {
    line.append('"');
    Escapes.appendQuoted(line, text);
    line.append('"');
  }
}
