package io.querator.node;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Properties;

/// The version of this build.
final class NodeVersion {
  private static final String RESOURCE = "build.properties";

  private NodeVersion() {}

  /// As in the project's `pom.xml`.
  static String text() {
    try (InputStream resource = NodeVersion.class.getResourceAsStream(RESOURCE)) {
      if (resource == null) {
        throw new IllegalStateException("the build has no " + RESOURCE);
      }
      Properties properties = new Properties();
      properties.load(resource);
      return properties.getProperty("version", "unknown");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
