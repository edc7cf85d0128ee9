package io.querator.storage;

import org.jspecify.annotations.Nullable;

/// A failure of the world below the port.
public sealed class StorageException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private StorageException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }

  /// The database cannot be reached or does not answer in time: it may heal by itself.
  public static final class Unavailable extends StorageException {
    private static final long serialVersionUID = 1L;

    public Unavailable(String message, @Nullable Throwable cause) {
      super(message, cause);
    }
  }

  /// A newer epoch owns the partition.
  public static final class Fenced extends StorageException {
    private static final long serialVersionUID = 1L;

    public Fenced(String message) {
      super(message, null);
    }
  }

  /// What is stored, or how the database is set up, is not what this version can work with: a
  /// person must act.
  public static final class Corrupt extends StorageException {
    private static final long serialVersionUID = 1L;

    public Corrupt(String message, @Nullable Throwable cause) {
      super(message, cause);
    }
  }
}
