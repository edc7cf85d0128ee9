package io.querator.node.api;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/// A message that the description of the API has for a call.
///
/// @param text with `<x>` where something is filled in
public record Documented(int code, String text) {
  private static final Pattern PLACE = Pattern.compile("<[^<>]+>");

  /// The messages of the call with this path.
  public static List<Documented> of(String path) {
    return of(OpenApiTest.API, path);
  }

  static List<Documented> of(JsonNode api, String path) {
    List<Documented> all = new ArrayList<>();
    add(api, api.path("paths").path(path).path("post").path("x-messages"), all);
    return all;
  }

  private static void add(JsonNode api, JsonNode messages, List<Documented> all) {
    for (JsonNode message : messages) {
      if (message.isTextual()) {
        String text = message.asText();
        all.add(new Documented(Integer.parseInt(text.substring(0, 3)), text.substring(4)));
      } else {
        add(api, api.at(message.path("$ref").asText().substring(1)), all);
      }
    }
  }

  /// Whether an answer is this one.
  public boolean is(int answered, String message) {
    StringBuilder pattern = new StringBuilder();
    int end = 0;
    for (var place = PLACE.matcher(text); place.find(); end = place.end()) {
      pattern.append(Pattern.quote(text.substring(end, place.start()))).append(".*");
    }
    pattern.append(Pattern.quote(text.substring(end)));
    return answered == code
        && Pattern.compile(pattern.toString(), Pattern.DOTALL).matcher(message).matches();
  }
}
