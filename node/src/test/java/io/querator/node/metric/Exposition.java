package io.querator.node.metric;

import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// The samples of a page of metrics, by their names with labels as they are written.
public record Exposition(Map<String, Double> samples) {
  private static final Pattern SAMPLE =
      Pattern.compile(
          "([a-zA-Z_:][a-zA-Z0-9_:]*)(\\{(?:[a-zA-Z_]\\w*=\"(?:[^\"\\\\\n]|\\\\[\\\\n\"])*\",?)*})? (\\S+)");

  /// @throws IllegalArgumentException if a line is neither a comment nor a sample, or a sample is
  ///   there twice
  public static Exposition parse(byte[] text) {
    Map<String, Double> samples = new LinkedHashMap<>();
    for (String line : new String(text, StandardCharsets.UTF_8).split("\n")) {
      if (line.startsWith("# HELP ") || line.startsWith("# TYPE ")) {
        continue;
      }
      Matcher matcher = SAMPLE.matcher(line);
      if (!matcher.matches()) {
        throw new IllegalArgumentException("not a sample: " + line);
      }
      String name = matcher.group(1) + (matcher.group(2) == null ? "" : matcher.group(2));
      if (samples.put(name, number(matcher.group(3))) != null) {
        throw new IllegalArgumentException("twice: " + line);
      }
    }
    return new Exposition(samples);
  }

  private static double number(String text) {
    return switch (text) {
      case "+Inf" -> Double.POSITIVE_INFINITY;
      case "-Inf" -> Double.NEGATIVE_INFINITY;
      default -> Double.parseDouble(text);
    };
  }
}
