package io.querator.node.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import javax.xml.parsers.DocumentBuilderFactory;
import org.HdrHistogram.Histogram;
import org.junit.jupiter.api.Test;
import org.w3c.dom.Document;

final class PlotTest {
  private static final Reading BEGIN = new Reading(0, 0, null, null, null, null, null, null, null);
  private static final Reading END =
      new Reading(2_000_000_000L, 4_000, null, null, null, null, null, null, null);

  @Test
  void drawsTheRatesAndTheLatenciesOfEachMeasurement() throws Exception {
    Histogram histogram = new Histogram(3);
    histogram.recordValue(100);
    histogram.recordValue(10_000);
    Figures.Seconds course = new Figures.Seconds(List.of(1_000.0, 2_000.0), List.of());
    Figures figures = Figures.between(1, 10, BEGIN, END, course, Map.of(Timed.PRODUCE, histogram));

    Document svg = parsed(Plot.of(List.of(figures, figures)));

    // a background, and a bar for each second
    assertThat(svg.getElementsByTagName("rect").getLength()).isEqualTo(1 + 4);
    assertThat(svg.getElementsByTagName("polyline").getLength()).isEqualTo(2);
    assertThat(svg.getDocumentElement().getTextContent())
        .contains("run 1, batch 10: 2,000 items/s")
        .contains("produce")
        .contains("99.9%")
        .contains("10 ms");
  }

  @Test
  void drawsWhatFoundNothing() throws Exception {
    Figures figures =
        Figures.between(1, 1, BEGIN, END, new Figures.Seconds(List.of(), List.of()), Map.of());

    Document svg = parsed(Plot.of(List.of(figures)));

    assertThat(svg.getElementsByTagName("polyline").getLength()).isZero();
    assertThat(svg.getDocumentElement().getTextContent()).doesNotContain("NaN");
  }

  private static Document parsed(String svg) throws Exception {
    return DocumentBuilderFactory.newInstance()
        .newDocumentBuilder()
        .parse(new ByteArrayInputStream(svg.getBytes(StandardCharsets.UTF_8)));
  }
}
