package io.querator.node;

/// What the process ends with.
public final class ExitStatus {
  /// It did what it was asked for; a stop by SIGTERM or SIGINT is that, too.
  public static final int OK = 0;

  /// It could not start, or did not stop as it should.
  public static final int FAILED = 1;

  /// The arguments or settings are wrong.
  public static final int USAGE = 2;

  /// It was told a second time to stop, and did so at once.
  public static final int FORCED = 130;

  private ExitStatus() {}
}
