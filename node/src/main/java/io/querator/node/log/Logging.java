package io.querator.node.log;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.ConsoleAppender;
import io.querator.node.config.LogLevel;
import io.querator.node.config.LogSettings;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.bridge.SLF4JBridgeHandler;

/// The log of this process.
public final class Logging {
  private static final String OWN = "io.querator";
  private static final String APPENDER = "out";

  private Logging() {}

  /// Makes the log what the settings say, and leads what others log to it. A Logback configuration
  /// of the user's own (`-Dlogback.configurationFile`) keeps its appenders.
  public static void apply(LogSettings settings) {
    SLF4JBridgeHandler.removeHandlersForRootLogger();
    SLF4JBridgeHandler.install();
    if (!(LoggerFactory.getILoggerFactory() instanceof LoggerContext context)) {
      return;
    }
    context.getLogger(OWN).setLevel(own(settings.level()));
    context.getLogger(Logger.ROOT_LOGGER_NAME).setLevel(others(settings.level()));
    if (context.getLogger(Logger.ROOT_LOGGER_NAME).getAppender(APPENDER)
            instanceof ConsoleAppender<ILoggingEvent> appender
        && appender.getEncoder() instanceof LineEncoder encoder) {
      encoder.use(settings.format());
    }
  }

  private static Level own(LogLevel level) {
    return switch (level) {
      case ERROR -> Level.ERROR;
      case WARN -> Level.WARN;
      case INFO -> Level.INFO;
      case DEBUG -> Level.DEBUG;
      case TRACE -> Level.TRACE;
    };
  }

  private static Level others(LogLevel level) {
    return switch (level) {
      case ERROR -> Level.ERROR;
      case WARN, INFO -> Level.WARN;
      case DEBUG -> Level.INFO;
      case TRACE -> Level.DEBUG;
    };
  }
}
