package io.querator.node.bench;

import io.querator.node.bench.Figures.Latency;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/// What a bench found as one picture (SVG 1.1): for each measurement the items of every second, and
/// how long calls took by percentile, on logarithmic scales so that the slowest ones show.
final class Plot {
  private static final int LEFT = 70;
  private static final int GAP = 90;
  private static final int PANEL_WIDTH = 380;
  private static final int PANEL_HEIGHT = 200;
  private static final int ROW_HEIGHT = PANEL_HEIGHT + 90;
  private static final int TOP = 40;
  private static final int WIDTH = LEFT + 2 * PANEL_WIDTH + GAP + 120;
  private static final int STEPS = 200;

  /// The slowest of 10,000 is at the right end.
  private static final int NINES_MAX = 4;

  private static final double LEAST_MILLIS = 0.1;
  private final StringBuilder svg = new StringBuilder();

  private Plot() {}

  static String of(List<Figures> figures) {
    Plot plot = new Plot();
    int height = TOP + figures.size() * ROW_HEIGHT;
    plot.add(
        "<svg xmlns='http://www.w3.org/2000/svg' width='%d' height='%d' viewBox='0 0 %1$d %2$d'"
            + " font-family='sans-serif' font-size='12'>\n"
            + "<rect width='100%%' height='100%%' fill='white'/>\n",
        WIDTH, height);
    for (int i = 0; i < figures.size(); i++) {
      plot.row(figures.get(i), TOP + i * ROW_HEIGHT);
    }
    return plot.svg.append("</svg>\n").toString();
  }

  private void add(String format, Object... arguments) {
    svg.append(String.format(Locale.ROOT, format, arguments));
  }

  private void text(double x, double y, String anchor, String text) {
    add("<text x='%.0f' y='%.0f' text-anchor='%s'>%s</text>\n", x, y, anchor, text);
  }

  private void line(double x1, double y1, double x2, double y2) {
    add("<line x1='%.1f' y1='%.1f' x2='%.1f' y2='%.1f' stroke='#ddd'/>\n", x1, y1, x2, y2);
  }

  private void row(Figures figures, int top) {
    String name =
        "run %d, batch %d: %,.0f items/s"
            .formatted(figures.run(), figures.batch(), figures.itemsPerSecond());
    add("<text x='%d' y='%d' font-weight='bold'>%s</text>\n", LEFT, top - 12, name);
    throughput(figures, top);
    latencies(figures, LEFT + PANEL_WIDTH + GAP, top);
  }

  private void throughput(Figures figures, int top) {
    List<Double> rates = figures.course().rates();
    double most = rates.stream().mapToDouble(Double::doubleValue).max().orElse(0);
    double scale = ceiling(Math.max(1, most));
    int ticks = 4;
    for (int i = 0; i <= ticks; i++) {
      double y = top + PANEL_HEIGHT - (double) i / ticks * PANEL_HEIGHT;
      line(LEFT, y, LEFT + PANEL_WIDTH, y);
      text(LEFT - 6, y + 4, "end", "%,.0f".formatted(scale * i / ticks));
    }
    for (int i = 0; i < rates.size(); i++) {
      double width = (double) PANEL_WIDTH / rates.size();
      double height = rates.get(i) / scale * PANEL_HEIGHT;
      add(
          "<rect x='%.1f' y='%.1f' width='%.1f' height='%.1f' fill='#7fa8c9'/>\n",
          LEFT + i * width + width * 0.1, top + PANEL_HEIGHT - height, width * 0.8, height);
    }
    text(
        LEFT + PANEL_WIDTH / 2.0,
        top + PANEL_HEIGHT + 32,
        "middle",
        "items/s in each of %d seconds".formatted(rates.size()));
  }

  /// 1, 2 or 5 times a power of ten.
  private static double ceiling(double value) {
    double power = Math.pow(10, Math.floor(Math.log10(value)));
    for (double digit : new double[] {1, 2, 5}) {
      if (value <= digit * power) {
        return digit * power;
      }
    }
    return 10 * power;
  }

  private void latencies(Figures figures, int left, int top) {
    double most =
        figures.calls().stream().mapToDouble(Latency::maxMillis).max().orElse(LEAST_MILLIS);
    int decades =
        Math.max(1, (int) Math.ceil(Math.log10(Math.max(LEAST_MILLIS, most) / LEAST_MILLIS)));
    for (int i = 0; i <= decades; i++) {
      double y = top + PANEL_HEIGHT - (double) i / decades * PANEL_HEIGHT;
      line(left, y, left + PANEL_WIDTH, y);
      text(left - 6, y + 4, "end", "%s ms".formatted(plain(LEAST_MILLIS * Math.pow(10, i))));
    }
    for (int i = 0; i <= NINES_MAX; i++) {
      double x = left + (double) i / NINES_MAX * PANEL_WIDTH;
      line(x, top, x, top + PANEL_HEIGHT);
      text(x, top + PANEL_HEIGHT + 15, "middle", plain(percentile(i)) + "%");
    }
    text(
        left + PANEL_WIDTH / 2.0, top + PANEL_HEIGHT + 32, "middle", "so many took no longer than");
    int legend = top + 10;
    for (Latency latency : figures.calls()) {
      String colour = colour(latency.kind());
      add(
          "<polyline fill='none' stroke='%s' stroke-width='1.5' points='%s'/>\n",
          colour, curve(latency, decades, left, top));
      add(
          "<text x='%d' y='%d' fill='%s'>%s</text>\n",
          left + PANEL_WIDTH + 8, legend, colour, latency.kind().text());
      legend += 16;
    }
  }

  private static String colour(Timed kind) {
    return switch (kind) {
      case PRODUCE -> "#1b6ca8";
      case LEASE -> "#c0392b";
      case RETRY -> "#b9770e";
      case COMPLETE -> "#27894a";
      case DELIVERY -> "#8e44ad";
    };
  }

  private static String curve(Latency latency, int decades, int left, int top) {
    return IntStream.rangeClosed(0, STEPS)
        .mapToObj(step -> {
          double nines = (double) step / STEPS * NINES_MAX;
          double millis = Math.max(LEAST_MILLIS, latency.millis(percentile(nines)));
          double height = Math.log10(millis / LEAST_MILLIS) / decades * PANEL_HEIGHT;
          return String.format(
              Locale.ROOT,
              "%.1f,%.1f",
              left + nines / NINES_MAX * PANEL_WIDTH,
              top + PANEL_HEIGHT - height);
        })
        .collect(Collectors.joining(" "));
  }

  /// 0, 90, 99, 99.9, and so on.
  private static double percentile(double nines) {
    return 100 * (1 - Math.pow(10, -nines));
  }

  private static String plain(double value) {
    return BigDecimal.valueOf(value)
        .setScale(2, RoundingMode.HALF_UP)
        .stripTrailingZeros()
        .toPlainString();
  }
}
