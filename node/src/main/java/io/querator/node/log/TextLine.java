package io.querator.node.log;

import ch.qos.logback.classic.spi.ILoggingEvent;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import org.slf4j.event.KeyValuePair;

/// For people: `2026-01-31T12:00:00.000Z INFO Node: ready listen=127.0.0.1:2319`. A stack trace
/// follows in lines of its own, all of which begin with a tab or the name of an exception.
final class TextLine implements LineFormat {
  /// Always with milliseconds, so that lines stand below each other.
  static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.SSSX").withZone(ZoneOffset.UTC);

  private static final int LEVEL_WIDTH = 5;

  @Override
  public void append(ILoggingEvent event, StringBuilder line) {
    TIME.formatTo(Instant.ofEpochMilli(event.getTimeStamp()), line);
    String level = event.getLevel().toString();
    line.append(' ').append(level).repeat(' ', Math.max(0, LEVEL_WIDTH - level.length()) + 1);
    String logger = event.getLoggerName();
    line.append(logger, logger.lastIndexOf('.') + 1, logger.length()).append(": ");
    Escapes.appendLine(line, event.getFormattedMessage());
    if (event.getKeyValuePairs() != null) {
      event.getKeyValuePairs().forEach(pair -> append(pair, line));
    }
    line.append('\n');
    if (event.getThrowableProxy() != null) {
      StackTrace.append(line, event.getThrowableProxy());
    }
  }

  private static void append(KeyValuePair pair, StringBuilder line) {
    line.append(' ').append(pair.key).append('=');
    String value = String.valueOf(pair.value);
    if (isPlain(value)) {
      line.append(value);
    } else {
      line.append('"');
      Escapes.appendQuoted(line, value);
      line.append('"');
    }
  }

  private static boolean isPlain(String value) {
    return !value.isEmpty() && value.chars().allMatch(c -> c > ' ' && c < 127 && c != '"');
  }
}
