package io.querator.node.log;

import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.encoder.EncoderBase;
import io.querator.node.config.LogFormat;
import java.nio.charset.StandardCharsets;

/// Writes events in the format of the settings; as text until these are known.
public final class LineEncoder extends EncoderBase<ILoggingEvent> {
  private volatile LineFormat format = new TextLine();

  void use(LogFormat wanted) {
    format =
        switch (wanted) {
          case TEXT -> new TextLine();
          case JSON -> new JsonLine();
        };
  }

  @Override
  public byte[] encode(ILoggingEvent event) {
    StringBuilder line = new StringBuilder(256);
    format.append(event, line);
    return line.toString().getBytes(StandardCharsets.UTF_8);
  }

  @Override
  public byte[] headerBytes() {
    return new byte[0];
  }

  @Override
  public byte[] footerBytes() {
    return new byte[0];
  }
}
