package io.querator.node.config;

import static java.util.Objects.requireNonNull;

/// Where a setting was given.
sealed interface Origin {
  /// @param line from 1
  /// @param column from 1
  record InFile(String file, int line, int column) implements Origin {
    public InFile {
      requireNonNull(file, "file");
    }

    @Override
    public String toString() {
      return file + ":" + line + ":" + column;
    }
  }

  /// @param name of the environment variable
  record Variable(String name) implements Origin {
    public Variable {
      requireNonNull(name, "name");
    }

    @Override
    public String toString() {
      return "environment variable " + name;
    }
  }

  /// @param name with its dashes, as it was given
  record Flag(String name) implements Origin {
    public Flag {
      requireNonNull(name, "name");
    }

    @Override
    public String toString() {
      return "flag " + name;
    }
  }

  /// Nowhere: the default.
  record Default() implements Origin {
    @Override
    public String toString() {
      return "settings";
    }
  }
}
