package io.querator.node.config;

import io.querator.client.GoDuration;
import java.time.Duration;

/// Checks that settings make of themselves. All bounds are inclusive.
final class Range {
  private Range() {}

  static void check(String component, long value, long min, long max) {
    if (value < min || value > max) {
      throw new SettingException(component, "must be %d to %d, not %d".formatted(min, max, value));
    }
  }

  static void check(String component, double value, double min, double max) {
    if (!(value >= min && value <= max)) {
      throw new SettingException(component, "must be %s to %s, not %s".formatted(min, max, value));
    }
  }

  static void check(String component, ByteSize value, String min, String max) {
    if (value.bytes() < ByteSize.parse(min).bytes()
        || value.bytes() > ByteSize.parse(max).bytes()) {
      throw new SettingException(component, "must be %s to %s, not %s".formatted(min, max, value));
    }
  }

  static void check(String component, Duration value, String min, String max) {
    if (value.compareTo(GoDuration.parse(min)) < 0 || value.compareTo(GoDuration.parse(max)) > 0) {
      throw new SettingException(
          component, "must be %s to %s, not %s".formatted(min, max, GoDuration.format(value)));
    }
  }
}
