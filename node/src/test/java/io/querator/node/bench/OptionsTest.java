package io.querator.node.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.querator.node.text.UsageException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

final class OptionsTest {
  @Test
  void hasDefaults() {
    Options options = Options.parse(List.of());

    assertThat(options.batches()).containsExactly(1, 10, 100);
    assertThat(options.target().urls()).isEmpty();
    assertThat(options.target().nodeJvm()).isEmpty();
    assertThat(options.shape())
        .isEqualTo(
            new LoadShape(Mode.CYCLE, 8, 8, 100, 1, Encoding.JSON, false, 0, Conditions.NONE));
    assertThat(options.timing())
        .isEqualTo(new Options.Timing(Duration.ofSeconds(5), Duration.ofSeconds(15), 1));
    assertThat(options.json()).isNull();
  }

  @Test
  void takesValuesAfterAnEqualsSignOrASpace() {
    Options options =
        Options.parse(
            List.of(
                "--quick",
                "--url=http://localhost:2319,http://localhost:2320",
                "--consume-url=http://localhost:2321",
                "--database",
                "postgres://h/d?a=b",
                "--batch",
                "5,1000",
                "--seconds=1",
                "--runs=3",
                "--encoding=protobuf",
                "--keyed",
                "--depth=7",
                "--leased=6",
                "--retried",
                "--snapshot",
                "--node-jvm=-Xmx1g -Da=b",
                "--json=out.json",
                "--svg=out.svg"));

    assertThat(options.target().urls())
        .containsExactly(URI.create("http://localhost:2319"), URI.create("http://localhost:2320"));
    assertThat(options.target().consumeUrls()).containsExactly(URI.create("http://localhost:2321"));
    assertThat(options.target().database()).isEqualTo("postgres://h/d?a=b");
    assertThat(options.target().nodeJvm()).containsExactly("-Xmx1g", "-Da=b");
    assertThat(options.batches()).containsExactly(5, 1000);
    assertThat(options.timing())
        .isEqualTo(new Options.Timing(Duration.ofSeconds(2), Duration.ofSeconds(1), 3));
    assertThat(options.shape().encoding()).isEqualTo(Encoding.PROTOBUF);
    assertThat(options.shape().keyed()).isTrue();
    assertThat(options.shape().conditions()).isEqualTo(new Conditions(7, 6, true, true));
    assertThat(options.json()).isEqualTo(Path.of("out.json"));
    assertThat(options.svg()).isEqualTo(Path.of("out.svg"));
  }

  @Test
  void takesADatabaseForANodeOfItsOwn() {
    Options options = Options.parse(List.of("--storage=mariadb://u:p@h/"));

    assertThat(options.target().database()).isEqualTo("mariadb://u:p@h/");
  }

  @Test
  void suitsItsDefaultsToTheMode() {
    Options delivery = Options.parse(List.of("--mode=delivery"));
    Options consume = Options.parse(List.of("--mode=consume"));

    assertThat(delivery.batches()).containsExactly(1);
    assertThat(delivery.shape().rate()).isEqualTo(100);
    assertThat(consume.batches()).containsExactly(1, 10, 100);
    assertThat(consume.shape().conditions().depth()).isEqualTo(500_000);
  }

  @Test
  void saysWhatIsWrong() {
    assertRefused("there is no option '--speed'", "--speed=1");
    assertRefused("--batch needs a value", "--batch");
    assertRefused("--quick takes no value", "--quick=yes");
    assertRefused("--batch must be a number from 1 to 1000, not '1001'", "--batch=1,1001");
    assertRefused("--batch must be a number from 1 to 1000, not ''", "--batch=1,");
    assertRefused("--runs must be a number from 1 to 100, not 'two'", "--runs=two");
    assertRefused("--encoding must be one of json, protobuf, not 'xml'", "--encoding=xml");
    assertRefused("--url must be like", "--url=https://localhost");
    assertRefused("--url must be like", "--url=localhost:2319");
    assertRefused("--url must be like", "--url=http://localhost:2319,");
    assertRefused("--consume-url needs --url", "--consume-url=http://localhost:2319");
    assertRefused("--mode must be one of cycle, produce, consume, delivery", "--mode=all");
    assertRefused("--depth leaves no consumer waiting", "--mode=delivery", "--depth=1");
    assertRefused("--retried is for a cycle", "--mode=produce", "--retried");
    assertRefused("--snapshot needs --database", "--url=http://localhost:2319", "--snapshot");
    assertRefused("--database needs --url", "--database=postgres://h/d");
    assertRefused("--storage is for a node of its own", "--url=http://h:1", "--storage=mysql://h/");
    assertRefused("--payload must be a number from 16", "--mode=delivery", "--payload=8");
  }

  @ParameterizedTest
  @EnumSource
  void explainsEachOption(Option option) {
    assertThat(Option.text().lines().map(String::strip))
        .anyMatch(line -> line.startsWith(option.flag() + " "));
    assertThat(Option.text().lines()).allMatch(line -> line.length() <= 100);
  }

  private static void assertRefused(String message, String... arguments) {
    assertThatThrownBy(() -> Options.parse(List.of(arguments)))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining(message);
  }
}
