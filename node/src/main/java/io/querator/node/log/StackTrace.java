package io.querator.node.log;

import ch.qos.logback.classic.spi.IThrowableProxy;
import ch.qos.logback.classic.spi.StackTraceElementProxy;
import org.jspecify.annotations.Nullable;

/// Writes what was thrown, with causes, in as many lines as Java does.
final class StackTrace {
  /// Frames of one exception that are shown.
  private static final int FRAMES_MAX = 64;

  /// Exceptions that are shown: causes, and what was suppressed.
  private static final int EXCEPTIONS_MAX = 16;

  private final StringBuilder out;
  private int shown;

  private StackTrace(StringBuilder out) {
    this.out = out;
  }

  /// Appends the stack trace, each line with an end.
  static void append(StringBuilder out, IThrowableProxy thrown) {
    new StackTrace(out).append(thrown, "");
  }

  private void append(@Nullable IThrowableProxy thrown, String caption) {
    if (thrown == null || thrown.isCyclic() || shown == EXCEPTIONS_MAX) {
      return;
    }
    shown++;
    out.append(caption).append(thrown.getClassName());
    if (thrown.getMessage() != null) {
      out.append(": ");
      Escapes.appendLine(out, thrown.getMessage());
    }
    out.append('\n');
    appendFrames(thrown);
    IThrowableProxy[] suppressed = thrown.getSuppressed();
    for (IThrowableProxy other : suppressed == null ? new IThrowableProxy[0] : suppressed) {
      append(other, "Suppressed: ");
    }
    append(thrown.getCause(), "Caused by: ");
  }

  private void appendFrames(IThrowableProxy thrown) {
    StackTraceElementProxy[] frames = thrown.getStackTraceElementProxyArray();
    int own = frames == null ? 0 : frames.length - thrown.getCommonFrames();
    for (int i = 0; i < Math.min(own, FRAMES_MAX); i++) {
      out.append("\tat ").append(frames[i].getStackTraceElement()).append('\n');
    }
    if (own > FRAMES_MAX) {
      out.append("\t… ").append(own - FRAMES_MAX).append(" more\n");
    }
  }
}
