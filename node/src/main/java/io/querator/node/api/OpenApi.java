package io.querator.node.api;

import io.querator.node.http.Page;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;

/// The description of the API in the format OpenAPI 3.1, which is served to whoever asks.
public final class OpenApi {
  /// Where it is served.
  public static final String PATH = "/openapi.yaml";

  private static final String TYPE = "application/yaml";
  private static final int OK = 200;

  private OpenApi() {}

  /// The page, read once.
  public static Page page() {
    Page.Content content = new Page.Content(OK, TYPE, read());
    return () -> content;
  }

  private static byte[] read() {
    try (InputStream in = OpenApi.class.getResourceAsStream("openapi.yaml")) {
      if (in == null) {
        throw new IllegalStateException("openapi.yaml is not among the classes");
      }
      return in.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException("reading openapi.yaml", e);
    }
  }
}
