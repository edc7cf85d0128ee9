package io.querator.node.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SettingsReaderTest {
  @TempDir Path directory;

  @Test
  void givesTheDefaultsWhereNothingIsGiven() {
    assertThat(read("", Map.of())).isEqualTo(NodeSettings.DEFAULT);
  }

  @Test
  void readsValuesOfEveryKindFromTheFile() {
    NodeSettings settings =
        read(
            """
            listen: "[::1]:0"
            data: /var/lib/querator
            shutdown-timeout: 1m30s
            http: {produce-body-max: 10MB, connections-max: 1_000}
            log: {format: JSON, level: debug}
            storages:
              - name: one
                url: postgres://db/queues
                affinity: 0.5
                prepared-statements: false
                password: s3cret
            """,
            Map.of());

    assertThat(settings.listen()).isEqualTo(new HostPort("::1", 0));
    assertThat(settings.data()).isEqualTo(Path.of("/var/lib/querator"));
    assertThat(settings.shutdownTimeout()).isEqualTo(Duration.ofSeconds(90));
    assertThat(settings.http().produceBodyMax()).isEqualTo(new ByteSize(10_000_000));
    assertThat(settings.http().connectionsMax()).isEqualTo(1_000);
    assertThat(settings.log()).isEqualTo(new LogSettings(LogFormat.JSON, LogLevel.DEBUG));
    StorageSettings storage = settings.storages().getFirst();
    assertThat(storage.affinity()).isEqualTo(0.5);
    assertThat(storage.preparedStatements()).isFalse();
    assertThat(storage.password()).isEqualTo(new Secret("s3cret"));
    assertThat(storage.lanes()).isEqualTo(StorageSettings.DEFAULT.lanes());
  }

  @Test
  void prefersFlagsToTheEnvironmentAndThatToTheFile() {
    String file = "{listen: 'a:1', data: a, start-timeout: 1s, shutdown-timeout: 1s}";
    Map<String, String> environment =
        Map.of("QUERATOR_LISTEN", "b:2", "QUERATOR_DATA", "b", "QUERATOR_START_TIMEOUT", "2s");

    NodeSettings settings = read(file, environment, "--listen=c:3", "--data", "c");

    assertThat(settings.listen()).isEqualTo(new HostPort("c", 3));
    assertThat(settings.data()).isEqualTo(Path.of("c"));
    assertThat(settings.startTimeout()).isEqualTo(Duration.ofSeconds(2));
    assertThat(settings.shutdownTimeout()).isEqualTo(Duration.ofSeconds(1));
  }

  @Test
  void derivesVariablesAndFlagsFromEveryKey() {
    for (String pattern : Schema.NODE.patterns()) {
      String key = pattern.replace(Schema.ANY, "3");

      assertThat(Schema.NODE.key(Variables.name(key), Variables::name)).contains(key);
      assertThat(Schema.NODE.key(CommandLine.name(key), CommandLine::name)).contains(key);
    }
  }

  @Test
  void givesNoTwoKeysTheSameVariable() {
    assertThat(Schema.NODE.patterns().stream().map(Variables::name)).doesNotHaveDuplicates();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "--log-format=json",
        "--log.format=json",
        "--set log.format=json",
        "--log-format json"
      })
  void knowsSeveralFormsOfFlags(String flags) {
    NodeSettings settings = read("", Map.of(), flags.split(" "));

    assertThat(settings.log().format()).isEqualTo(LogFormat.JSON);
  }

  @Test
  void takesTheStorageFromItsShortFlag() {
    NodeSettings settings = read("", Map.of(), "--storage", "postgres://db:5432/queues");

    assertThat(settings.storages())
        .singleElement()
        .satisfies(storage -> {
          assertThat(storage.name()).isEqualTo("default");
          assertThat(storage.url()).isEqualTo(new DatabaseUrl("postgres://db:5432/queues"));
        });
  }

  @Test
  void addsStoragesFromTheEnvironment() {
    String file = "storages: [{name: a, url: 'postgres://a/q'}, {name: b, url: 'postgres://b/q'}]";
    Map<String, String> environment =
        Map.of(
            "QUERATOR_STORAGES_1_AFFINITY", "3",
            "QUERATOR_STORAGES_2_NAME", "c",
            "QUERATOR_STORAGES_2_URL", "jdbc:postgresql://c/q");

    NodeSettings settings =
        read(file, environment, "--storages-3-name=d", "--storages-3-url=postgres://d/q");

    assertThat(settings.storages())
        .extracting(StorageSettings::name)
        .containsExactly("a", "b", "c", "d");
    assertThat(settings.storages())
        .extracting(StorageSettings::affinity)
        .containsExactly(1.0, 3.0, 1.0, 1.0);
  }

  @Test
  void keepsDefaultsWhereTheFileGivesNoValue() {
    assertThat(read("{listen: , data: ~, http: , storages: null, log: {level: }}", Map.of()))
        .isEqualTo(NodeSettings.DEFAULT);
    assertThat(read("# nothing\n", Map.of())).isEqualTo(NodeSettings.DEFAULT);
  }

  @Test
  void takesNoNoticeOfVariablesOfOthers() {
    Map<String, String> environment =
        Map.of(
            "QUERATOR_SERVICE_HOST", "10.0.0.1",
            "QUERATOR_SERVICE_PORT_HTTP", "2319",
            "QUERATOR_PORT", "tcp://10.0.0.1:2319",
            "QUERATOR_PORT_2319_TCP_ADDR", "10.0.0.1",
            "QUERATOR_JAVA_OPTS", "-Xmx1g",
            "QUERATOR_DATA", "",
            "PATH", "/bin");

    assertThat(read("", environment)).isEqualTo(NodeSettings.DEFAULT);
  }

  @Test
  void readsTheFileThatTheEnvironmentNames() throws IOException {
    Path file = Files.writeString(directory.resolve("other.yaml"), "data: elsewhere");

    SettingsReader.Read read =
        SettingsReader.read(
            CommandLine.parse(List.of()), Map.of("QUERATOR_CONFIG", file.toString()));

    assertThat(read.settings().data()).isEqualTo(Path.of("elsewhere"));
    assertThat(read.file()).isEqualTo(file);
  }

  @Test
  void readsBackWhatItShows() {
    NodeSettings settings =
        read("", Map.of(), "--storages-0-url=postgres://u@h/d", "--log-format=json", "--listen=:0");

    assertThat(read(Rendering.yaml(settings), Map.of())).isEqualTo(settings);
  }

  @Test
  void showsNoSecret() {
    NodeSettings settings =
        read(
            """
            storages:
              - {name: a, url: 'postgres://me:s3cret@h/d', password: s3cret}
              - {name: b, url: 'jdbc:postgresql://h/d?user=me&password=s3cret&sslpassword=s3cret'}
              - {name: c, url: 'postgres://me:s3cret/odd@h/d'}
            """,
            Map.of());

    assertThat(settings.toString()).doesNotContain("s3cret").doesNotContain("odd");
    assertThat(Rendering.yaml(settings)).doesNotContain("s3cret").doesNotContain("odd");
    assertThat(Rendering.entries(settings))
        .containsEntry("storages.0.url", "postgres://me:********@h/d")
        .containsEntry("storages.0.password", "********")
        .containsEntry(
            "storages.1.url",
            "jdbc:postgresql://h/d?user=me&password=********&sslpassword=********");
  }

  @Test
  void showsNoPartOfAPasswordThatIsNotEncoded() {
    assertThatThrownBy(() -> read("storages: [{url: 'postgres://me:s3cret?odd@h/d'}]", Map.of()))
        .hasMessageEndingWith(
            "storages.0.url: not a valid URL; special characters in user and password must be percent-encoded");
    assertThatThrownBy(() -> read("storages: [{url: 'postgres://h/d?sslmod=x'}]", Map.of()))
        .hasMessageContaining("sets 'sslmod'");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '^',
      value = {
        "lisen: a:1 | :1:1: unknown key 'lisen'; did you mean 'listen'?",
        "http: {produce-body: 1MB} | :1:8: unknown key 'http.produce-body'; did you mean 'http.produce-body-max'?",
        "http: {lanes: 3} | :1:8: unknown key 'http.lanes'; did you mean 'storages.0.lanes'?",
        "zzzzzzzz: 1 | :1:1: unknown key 'zzzzzzzz'",
        "{data: a, data: b} | :1:11: the key 'data' is given twice",
        "data: [a] | :1:7: expected a value of 'data', found a list",
        "http: 3 | :1:7: expected keys below 'http', found a value",
        "[a] | :1:1: expected keys, found a list",
        "storages: {url: a} | :1:11: expected a list below 'storages', found keys",
        "storages: [a] | :1:12: expected keys below 'storages.0', found a value",
        "listen: 2319 | :1:9: listen: '2319' is not an address such as 127.0.0.1:2319, [::1]:2319 or :2319",
        "listen: a:70000 | :1:9: listen: a port is 0 to 65535, not 70000",
        "log: {level: loud} | :1:14: log.level: must be one of error, warn, info, debug, trace, not 'loud'",
        "start-timeout: 5 | :1:16: start-timeout: '5' is not a duration such as 500ms, 10s, 1m30s or 2h",
        "start-timeout: 2h | :1:16: start-timeout: must be 1s to 1h, not 2h0m0s",
        "http: {body-memory: 3XB} | :1:21: http.body-memory: '3XB' is not a size such as 500kB, 5MB, 64MiB or 1GiB",
        "http: {produce-body-max: 1GB} | :1:26: http.produce-body-max: must be 1kB to 256MB, not 1GB",
        "http: {connections-max: many} | :1:25: http.connections-max: 'many' is not a whole number below 2^31",
        "metrics: {queues-max: -1} | :1:23: metrics.queues-max: must be 0 to 100000, not -1",
        "storages: [{affinity: x}] | :1:23: storages.0.affinity: 'x' is not a number",
        "storages: [{affinity: -1}] | :1:23: storages.0.affinity: must be 0.0 to 1000.0, not -1.0",
        "storages: [{affinity: 0}] | :1:23: storages: one storage at least must have an affinity above 0",
        "storages: [{prepared-statements: on}] | :1:34: storages.0.prepared-statements: must be true or false, not 'on'",
        "storages: [{url: 'oracle://secret'}] | :1:18: storages.0.url: expected 'embedded' or a URL that begins with postgres://, postgresql://, jdbc:postgresql://, mysql://, mariadb://, mongodb://, mongodb+srv://",
        "storages: [{url: 'mysql://h/d', schema: e}] | :1:18: storages.0.url: the url names the database 'd' and schema is 'e'; on MySQL and MariaDB these are one: leave one out",
        "storages: [{url: 'mariadb://h/d?useSSL=true'}] | :1:18: storages.0.url: the url of the database may not set 'useSSL': it is unknown, or the storage decides it",
        "storages: [{name: a b}] | :1:19: storages.0.name: must be 1 to 64 letters, digits, '_' and '-', not 'a b'",
        "storages: [{name: a}, {name: b}] | :1:19: storages: only one storage can be the embedded database; is a url missing?",
        "storages: [{name: a}, {name: a}] | :1:19: storages: two storages have the name 'a'; names must differ",
        "storages: [] | settings: storages: must be 1 to 64 storages, not 0",
        "storages: [{user: me}] | :1:19: storages.0.user: the embedded database takes no user and no password; is the url missing?",
        "queue: {partition: {window-items: 1000}} | settings: queue.partition.refill-items: must not exceed window-items (1000), not 5000",
        "a: b: c | :1:5: is not valid YAML: mapping values are not allowed here",
        "a: [b | :1:6: is not valid YAML: while parsing a flow sequence expected ',' or ']', but got <stream end>",
      })
  void saysWhatIsWrongAndWhere(String text, String message) {
    Path file = write(text.strip());
    String expected = message.strip().startsWith(":") ? file + message.strip() : message.strip();

    assertThatThrownBy(() -> readFile(file, Map.of()))
        .isInstanceOf(InvalidSettingsException.class)
        .hasMessage(expected);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '^',
      value = {
        "QUERATOR_LISTEM | a:1 | stands for no setting; did you mean QUERATOR_LISTEN?",
        "QUERATOR_STORAGES_0_URI | a | stands for no setting; did you mean QUERATOR_STORAGES_0_URL?",
        "QUERATOR_PORT | 80 | stands for no setting",
        "QUERATOR_DATA_0 | a | stands for no setting; did you mean QUERATOR_DATA?",
        "QUERATOR_STORAGES_3_URL | postgres://h/d | 'storages.3.url' leaves a gap: the next of 'storages' is number 1",
        "QUERATOR_LOG_LEVEL | x | log.level: must be one of error, warn, info, debug, trace, not 'x'",
      })
  void namesTheVariableThatIsWrong(String name, String value, String message) {
    assertThatThrownBy(() -> read("", Map.of(name, value)))
        .isInstanceOf(InvalidSettingsException.class)
        .hasMessage("environment variable " + name + ": " + message);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '^',
      value = {
        "--lisen=a:1 | flag --lisen: is unknown; did you mean --listen?",
        "--storag | flag --storag: is unknown; did you mean --storage?",
        "--listen | flag --listen: needs a value",
        "listen | flag listen: is no flag; see --help",
        "-x | flag -x: is no flag; see --help",
        "--listen=a:1 --listen=b:2 | flag --listen: 'listen' is given twice",
        "--storage=postgres://a/b --set storages.0.url=postgres://c/d | flag --set storages.0.url: 'storages.0.url' is given twice",
        "--set listen | flag --set: needs key=value, not 'listen'",
        "--set lisen=a | flag --set lisen: there is no such key; did you mean listen?",
        "--config a --config b | flag --config: is given twice",
        "--log-level=x | flag --log-level: log.level: must be one of error, warn, info, debug, trace, not 'x'",
      })
  void namesTheFlagThatIsWrong(String flags, String message) {
    assertThatThrownBy(() -> read("", Map.of(), flags.split(" ")))
        .isInstanceOf(InvalidSettingsException.class)
        .hasMessage(message);
  }

  @Test
  void tellsEverythingThatIsWrong() {
    Path file = write("{lisen: a, log: {level: x}}");

    assertThatThrownBy(() -> readFile(file, Map.of("QUERATOR_X", "1"), "--data="))
        .hasMessageContaining("unknown key 'lisen'")
        .hasMessageContaining("log.level: must be one of")
        .hasMessageContaining("QUERATOR_X: stands for no setting");
  }

  @Test
  void saysWhyAFileCannotBeRead() throws IOException {
    Path missing = directory.resolve("missing.yaml");
    Path binary = Files.write(directory.resolve("binary.yaml"), new byte[] {(byte) 0xff, 0});
    Path large = Files.write(directory.resolve("large.yaml"), new byte[(1 << 20) + 1]);

    assertThatThrownBy(() -> readFile(missing, Map.of()))
        .hasMessageEndingWith("there is no such file");
    assertThatThrownBy(() -> readFile(binary, Map.of()))
        .hasMessageEndingWith("is not text in UTF-8");
    assertThatThrownBy(() -> readFile(large, Map.of()))
        .hasMessageEndingWith("is larger than 1 MiB");
    assertThatThrownBy(() -> readFile(directory, Map.of()))
        .isInstanceOf(InvalidSettingsException.class);
  }

  @Test
  void isNotSlowedDownByAliases() {
    Path file = write("a: &a [x]\nb: &b [*a, *a]\nc: [*b, *b]\n");

    assertThatThrownBy(() -> readFile(file, Map.of())).hasMessageContaining("unknown key 'a'");
  }

  private NodeSettings read(String file, Map<String, String> environment, String... flags) {
    return readFile(write(file), environment, flags);
  }

  private static NodeSettings readFile(
      Path file, Map<String, String> environment, String... flags) {
    CommandLine given = CommandLine.parse(List.of(flags));
    CommandLine commandLine =
        given.file() == null ? new CommandLine(given.request(), file, given.values()) : given;
    return SettingsReader.read(commandLine, environment).settings();
  }

  private Path write(String text) {
    try {
      return Files.writeString(directory.resolve("querator.yaml"), text);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
