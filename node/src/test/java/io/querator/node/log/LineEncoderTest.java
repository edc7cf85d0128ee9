package io.querator.node.log;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.LoggingEvent;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.querator.node.config.LogFormat;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.slf4j.event.KeyValuePair;

class LineEncoderTest {
  private static final String EVIL =
      "a\r\n2026-01-01T00:00:00.000Z ERROR x: y\u001b[31m\u2028\ud800 \"q\"\\";

  private final LineEncoder encoder = new LineEncoder();

  @Test
  void writesTextForPeople() {
    LoggingEvent event = event("partition opened", null);
    event.addKeyValuePair(new KeyValuePair("partition", "orders-3"));
    event.addKeyValuePair(new KeyValuePair("epoch", 7L));
    event.addKeyValuePair(new KeyValuePair("queue", "two words"));

    assertThat(encode(event))
        .isEqualTo(
            "2026-01-31T12:00:00.120Z INFO  Node: partition opened partition=orders-3 epoch=7 queue=\"two words\"\n");
  }

  @Test
  void writesJsonForPrograms() throws JsonProcessingException {
    encoder.use(LogFormat.JSON);
    LoggingEvent event = event("partition opened", null);
    event.addKeyValuePair(new KeyValuePair("epoch", 7L));
    event.addKeyValuePair(new KeyValuePair("level", "x"));
    event.addKeyValuePair(new KeyValuePair("ratio", Double.NaN));
    event.addKeyValuePair(new KeyValuePair("nothing", null));

    JsonNode json = new ObjectMapper().readTree(encode(event));

    assertThat(json.get("time").textValue()).isEqualTo("2026-01-31T12:00:00.120Z");
    assertThat(json.get("level").textValue()).isEqualTo("INFO");
    assertThat(json.get("logger").textValue()).isEqualTo("io.querator.node.Node");
    assertThat(json.get("message").textValue()).isEqualTo("partition opened");
    assertThat(json.get("epoch").isNumber()).isTrue();
    assertThat(json.get("level_").textValue()).isEqualTo("x");
    assertThat(json.get("ratio").textValue()).isEqualTo("NaN");
    assertThat(json.get("nothing").isNull()).isTrue();
  }

  @Test
  void keepsEveryEventOfTextOnItsLine() {
    LoggingEvent event = event(EVIL, null);
    event.addKeyValuePair(new KeyValuePair("name", EVIL));

    String line = encode(event);

    assertThat(line).endsWith("\n").matches("[^\\p{Cntrl}\\p{Cs}\u2028]*\n");
    assertThat(line).contains("y\\u001b[31m\\u2028\\ud800 \"q\"\\ name=\"a\\r\\n2026");
  }

  @Test
  void keepsEveryEventOfJsonOnItsLine() throws JsonProcessingException {
    encoder.use(LogFormat.JSON);
    LoggingEvent event = event(EVIL, new IllegalStateException(EVIL));

    String line = encode(event);

    assertThat(line).matches("[^\\p{Cntrl}]*\n");
    assertThat(new ObjectMapper().readTree(line).get("message").textValue())
        .startsWith("a\r\n2026");
  }

  @Test
  void writesStackTracesWithTheirCauses() {
    IllegalStateException thrown =
        new IllegalStateException("first", new IllegalArgumentException(EVIL));
    thrown.addSuppressed(new UnsupportedOperationException());

    String[] lines = encode(event("failed", thrown)).split("\n", -1);

    assertThat(lines[1]).isEqualTo("java.lang.IllegalStateException: first");
    assertThat(lines[2]).startsWith("\tat io.querator.node.log.LineEncoderTest.");
    assertThat(lines).contains("Suppressed: java.lang.UnsupportedOperationException");
    assertThat(lines)
        .anyMatch(
            line -> line.startsWith("Caused by: java.lang.IllegalArgumentException: a\\r\\n"));
    assertThat(lines).noneMatch(line -> line.startsWith("2026-01-01"));
  }

  @Test
  void cutsLongTexts() {
    assertThat(encode(event("x".repeat(100_000), null))).hasSizeLessThan(10_000).endsWith("x…\n");
  }

  private String encode(LoggingEvent event) {
    return new String(encoder.encode(event), StandardCharsets.UTF_8);
  }

  private static LoggingEvent event(String message, @Nullable Throwable thrown) {
    Logger logger = new LoggerContext().getLogger("io.querator.node.Node");
    LoggingEvent event =
        new LoggingEvent(
            LineEncoderTest.class.getName(), logger, Level.INFO, message, thrown, null);
    event.setInstant(Instant.parse("2026-01-31T12:00:00.12Z"));
    return event;
  }
}
