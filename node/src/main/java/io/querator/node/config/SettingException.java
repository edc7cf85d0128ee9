package io.querator.node.config;

/// A value that a settings record does not accept.
public final class SettingException extends IllegalArgumentException {
  private static final long serialVersionUID = 1L;

  private final String component;

  /// @param component the name of the record's component, as in Java
  /// @param message what is expected and what was found
  public SettingException(String component, String message) {
    super(message);
    this.component = component;
  }

  /// The name of the record's component, as in Java.
  String component() {
    return component;
  }
}
