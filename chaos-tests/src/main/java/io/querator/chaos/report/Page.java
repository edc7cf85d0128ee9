package io.querator.chaos.report;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.querator.chaos.check.Violation;
import io.querator.chaos.history.Entry;
import io.querator.chaos.history.Result;
import io.querator.chaos.history.Span;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;
import org.HdrHistogram.Histogram;

/// A run as a page that needs nothing else: its figures, a time line, and every violation.
final class Page {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int WIDTH = 1_200;
  private static final int LANE = 120;
  private static final int VIOLATIONS_MAX = 200;
  private static final int EVIDENCE_MAX = 30;
  private static final double NANOS_PER_SECOND = 1e9;
  private static final double NANOS_PER_MILLI = 1e6;

  private static final String STYLE =
      """
      body { font: 14px/1.4 system-ui, sans-serif; margin: 2em auto; max-width: 1240px; color: #222 }
      pre { white-space: pre-wrap; background: #f6f6f6; padding: .6em; overflow-wrap: anywhere }
      svg { display: block; margin: .4em 0 1.2em; background: #fafafa }
      .good { color: #176b2c } .bad { color: #a11 } summary { cursor: pointer }
      """;

  private final List<Entry> history;
  private final Figures figures;
  private final List<Violation> violations;
  private final List<Second> seconds = new ArrayList<>();
  private final StringBuilder html = new StringBuilder();

  /// What happened in a second of the run.
  private static final class Second {
    int items;
    int delivered;
    int failed;
    int moves;
    final Histogram produceMicros = new Histogram(2);
  }

  private Page(List<Entry> history, Figures figures, List<Violation> violations) {
    this.history = history;
    this.figures = figures;
    this.violations = violations;
    history.forEach(this::count);
  }

  static String of(List<Entry> history, Figures figures, List<Violation> violations) {
    Page page = new Page(history, figures, violations);
    page.write();
    return page.html.toString();
  }

  private void count(Entry entry) {
    switch (entry) {
      case Entry.Produce produce -> {
        Second second = second(produce.span().end());
        if (produce.result() == Result.OK) {
          second.items += produce.payloads().size();
          second.produceMicros.recordValue(
              Math.max(0, produce.span().end() - produce.span().start()) / 1_000);
        } else {
          second.failed++;
        }
      }
      case Entry.Lease lease -> second(lease.span().end()).delivered += lease.items().size();
      case Entry.Owner owner -> second(owner.at()).moves++;
      case Entry.Complete _,
          Entry.Retry _,
          Entry.Fault _,
          Entry.Fenced _,
          Entry.Failover _,
          Entry.Setup _,
          Entry.Queue _,
          Entry.Rest _ -> {}
    }
  }

  private Second second(long nanos) {
    int index = (int) (nanos / NANOS_PER_SECOND);
    while (seconds.size() <= index) {
      seconds.add(new Second());
    }
    return seconds.get(index);
  }

  private void write() {
    boolean good = violations.isEmpty();
    html.append(
            "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Querator chaos</title>")
        .append("<style>")
        .append(STYLE)
        .append("</style><h1>Querator chaos run</h1>");
    history.stream()
        .filter(Entry.Setup.class::isInstance)
        .forEach(setup -> html.append("<p>").append(escape(json(setup))).append("</p>"));
    html.append("<p class=\"")
        .append(good ? "good" : "bad")
        .append("\"><strong>")
        .append(good ? "No rule is broken." : violations.size() + " violations")
        .append("</strong></p><pre>")
        .append(escape(figures.toString()))
        .append("</pre>");
    faults();
    lane("Items acknowledged a second", "#2b6cb0", second -> second.items);
    lane("Items leased a second", "#2f855a", second -> second.delivered);
    lane("Produce calls without success a second", "#c53030", second -> second.failed);
    lane(
        "Produce, p99 in ms",
        "#805ad5",
        second -> second.produceMicros.getValueAtPercentile(99) / 1_000.0);
    lane(
        "Produce, p50 in ms",
        "#b794f4",
        second -> second.produceMicros.getValueAtPercentile(50) / 1_000.0);
    lane("Partitions that came to an owner", "#b7791f", second -> second.moves);
    violations();
    html.append("</html>\n");
  }

  private double x(double second) {
    return second * WIDTH / Math.max(1, seconds.size());
  }

  private void faults() {
    List<Entry.Fault> faults =
        history.stream()
            .filter(Entry.Fault.class::isInstance)
            .map(Entry.Fault.class::cast)
            .toList();
    int row = 16;
    html.append(
        "<h2>Faults</h2><svg width=\"%d\" height=\"%d\">"
            .formatted(WIDTH, row * (faults.size() + 1)));
    for (int i = 0; i < faults.size(); i++) {
      Entry.Fault fault = faults.get(i);
      double from = x(fault.span().start() / NANOS_PER_SECOND);
      double to = x(fault.span().end() / NANOS_PER_SECOND);
      String text =
          String.format(
              Locale.ROOT,
              "%s %s, %.1f s to %.1f s",
              fault.kind(),
              fault.target(),
              fault.span().start() / NANOS_PER_SECOND,
              fault.span().end() / NANOS_PER_SECOND);
      boolean left = from > WIDTH * 0.7;
      html.append(
          String.format(
              Locale.ROOT,
              "<rect x=\"%.1f\" y=\"%d\" width=\"%.1f\" height=\"12\" fill=\"#e53e3e\"/>"
                  + "<text x=\"%.1f\" y=\"%d\" font-size=\"11\" text-anchor=\"%s\">%s</text>",
              from,
              row * i,
              Math.max(2, to - from),
              left ? from - 4 : to + 4,
              row * i + 10,
              left ? "end" : "start",
              escape(text)));
    }
    html.append("</svg>");
  }

  private void lane(String title, String color, ToDoubleFunction<Second> value) {
    double most = seconds.stream().mapToDouble(value).max().orElse(0);
    html.append(
        String.format(
            Locale.ROOT,
            "<h3>%s (at most %.0f)</h3><svg width=\"%d\" height=\"%d\"><polyline fill=\"none\""
                + " stroke=\"%s\" points=\"",
            title,
            most,
            WIDTH,
            LANE,
            color));
    for (int i = 0; i < seconds.size(); i++) {
      double height = most == 0 ? 0 : value.applyAsDouble(seconds.get(i)) / most;
      html.append(String.format(Locale.ROOT, "%.1f,%.1f ", x(i), LANE - 2 - height * (LANE - 4)));
    }
    html.append("\"/></svg>");
  }

  private void violations() {
    if (violations.isEmpty()) {
      return;
    }
    html.append("<h2>Violations</h2>");
    for (Violation violation : violations.subList(0, Math.min(VIOLATIONS_MAX, violations.size()))) {
      html.append("<details><summary class=\"bad\">")
          .append(violation.rule())
          .append(": ")
          .append(escape(violation.text()))
          .append("</summary><pre>");
      List<Entry> shown = violation.evidence();
      for (Entry entry : shown.subList(0, Math.min(EVIDENCE_MAX, shown.size()))) {
        html.append(escape(time(entry) + json(entry))).append('\n');
      }
      html.append("</pre></details>");
    }
    if (violations.size() > VIOLATIONS_MAX) {
      html.append("<p>The rest can be had with <code>chaos check</code>.</p>");
    }
  }

  private static String time(Entry entry) {
    Span span =
        switch (entry) {
          case Entry.Produce produce -> produce.span();
          case Entry.Lease lease -> lease.span();
          case Entry.Complete complete -> complete.span();
          case Entry.Retry retry -> retry.span();
          case Entry.Fault fault -> fault.span();
          case Entry.Owner owner -> new Span(owner.at(), owner.at());
          case Entry.Failover failover -> failover.span();
          case Entry.Fenced fenced -> new Span(fenced.at(), fenced.at());
          case Entry.Setup _, Entry.Queue _, Entry.Rest _ -> new Span(0, 0);
        };
    return String.format(
        Locale.ROOT,
        "%.3f s, %.1f ms: ",
        span.start() / NANOS_PER_SECOND,
        (span.end() - span.start()) / NANOS_PER_MILLI);
  }

  private static String json(Entry entry) {
    try {
      String json = JSON.writerFor(Entry.class).writeValueAsString(entry);
      return json.length() > 2_000 ? json.substring(0, 2_000) + " ..." : json;
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("an entry that was read from JSON", e);
    }
  }

  private static String escape(String text) {
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
  }
}
