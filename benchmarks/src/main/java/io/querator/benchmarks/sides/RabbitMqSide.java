package io.querator.benchmarks.sides;

import com.rabbitmq.client.AMQP;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.ConnectionFactory;
import com.rabbitmq.client.DefaultConsumer;
import com.rabbitmq.client.Envelope;
import com.rabbitmq.client.MessageProperties;
import io.querator.node.process.CleanUp;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/// RabbitMQ: a quorum queue, persistent messages, publisher confirms, and acknowledgements by hand.
/// A batch is published and then all confirms awaited; a consumer acknowledges a batch at once.
public final class RabbitMqSide implements Side {
  private static final String QUEUE = "bench";
  private static final long WAIT_MILLIS = 1_000;
  private static final long CONFIRM_MILLIS = 30_000;

  private final List<Child> children = new ArrayList<>();
  private final Child broker;
  private final int port;
  private final String version;

  /// Starts a broker of its own.
  ///
  /// @param directory where its data go
  /// @throws UnavailableException without RabbitMQ, or if it does not start
  public RabbitMqSide(Path directory, CleanUp cleanUp)
      throws UnavailableException, IOException, InterruptedException {
    Programs.find("rabbitmq-server");
    // the one in the path changes the user; this one runs as who starts it
    Path launcher = Path.of("/usr/lib/rabbitmq/bin/rabbitmq-server");
    if (!Files.isExecutable(launcher)) {
      throw new UnavailableException("this machine's RabbitMQ has no " + launcher);
    }
    Path home = Files.createDirectories(directory.resolve("rabbitmq"));
    Path plugins = home.resolve("enabled_plugins");
    Files.writeString(plugins, "[].\n");
    port = Programs.freePort();
    String mapperPort = Integer.toString(Programs.freePort());
    try {
      // the broker would start it as a daemon, which outlives everybody
      ProcessBuilder mapper =
          new ProcessBuilder(
              Programs.find("epmd").toString(), "-port", mapperPort, "-address", "127.0.0.1");
      child(mapper, home.resolve("epmd"), cleanUp).awaitPort(Integer.parseInt(mapperPort));
      ProcessBuilder builder = new ProcessBuilder(launcher.toString()).directory(home.toFile());
      builder
          .environment()
          .putAll(
              Map.of(
                  "HOME", home.toString(),
                  "RABBITMQ_NODENAME", "bench" + port + "@localhost",
                  "RABBITMQ_NODE_IP_ADDRESS", "127.0.0.1",
                  "RABBITMQ_NODE_PORT", Integer.toString(port),
                  "RABBITMQ_DIST_PORT", Integer.toString(Programs.freePort()),
                  "RABBITMQ_MNESIA_BASE", home.resolve("mnesia").toString(),
                  "RABBITMQ_LOG_BASE", home.resolve("log").toString(),
                  "RABBITMQ_ENABLED_PLUGINS_FILE", plugins.toString(),
                  "RABBITMQ_CONF_ENV_FILE", home.resolve("none.conf").toString(),
                  "ERL_EPMD_PORT", mapperPort));
      broker = child(builder, home.resolve("output"), cleanUp);
      broker.awaitPort(port);
      version = version();
    } catch (IOException | InterruptedException | UnavailableException | RuntimeException e) {
      close();
      throw e;
    }
  }

  private Child child(ProcessBuilder builder, Path output, CleanUp cleanUp) throws IOException {
    Child child = Child.start(builder, output, cleanUp);
    children.add(child);
    return child;
  }

  private String version() throws IOException, UnavailableException {
    try (Connection connection = connect()) {
      return String.valueOf(connection.getServerProperties().get("version"));
    } catch (TimeoutException e) {
      throw new UnavailableException("no answer from RabbitMQ", e);
    }
  }

  @Override
  public String name() {
    return "RabbitMQ";
  }

  @Override
  public String settings() {
    return "version %s, a quorum queue of one node, persistent, publisher confirms, manual acks"
        .formatted(version);
  }

  private Connection connect() throws IOException, TimeoutException {
    ConnectionFactory factory = new ConnectionFactory();
    factory.setHost("127.0.0.1");
    factory.setPort(port);
    factory.setAutomaticRecoveryEnabled(false);
    return factory.newConnection();
  }

  @Override
  public Measured run(Work work) throws IOException, InterruptedException {
    List<Connection> connections = new ArrayList<>();
    try {
      Connection first = connect();
      connections.add(first);
      Channel channel = first.createChannel();
      channel.queueDelete(QUEUE);
      channel.queueDeclare(QUEUE, true, false, false, Map.of("x-queue-type", "quorum"));
      Load load = new Load(work, broker::cpu);
      for (int producer = 0; producer < work.producers(); producer++) {
        Connection connection = connect();
        connections.add(connection);
        load.producer(publisher(connection.createChannel(), work));
      }
      for (int consumer = 0; consumer < work.consumers(); consumer++) {
        Connection connection = connect();
        connections.add(connection);
        load.consumer(consumer(connection.createChannel(), work));
      }
      return load.run();
    } catch (TimeoutException e) {
      throw new LoadException("no answer from RabbitMQ", e);
    } finally {
      for (Connection connection : connections) {
        connection.abort();
      }
    }
  }

  private static Load.Step publisher(Channel channel, Work work) throws IOException {
    channel.confirmSelect();
    byte[] payload = work.payload();
    return () -> {
      for (int i = 0; i < work.batch(); i++) {
        channel.basicPublish("", QUEUE, MessageProperties.PERSISTENT_BASIC, payload);
      }
      channel.waitForConfirmsOrDie(CONFIRM_MILLIS);
      return work.batch();
    };
  }

  /// Two batches are on their way at most, so that one waits while the other is acknowledged.
  private static Load.Step consumer(Channel channel, Work work) throws IOException {
    BlockingQueue<Long> tags = new LinkedBlockingQueue<>();
    channel.basicQos(2 * work.batch());
    channel.basicConsume(
        QUEUE,
        false,
        new DefaultConsumer(channel) {
          @Override
          public void handleDelivery(
              String tag, Envelope envelope, AMQP.BasicProperties properties, byte[] body) {
            tags.add(envelope.getDeliveryTag());
          }
        });
    return () -> {
      Long last = tags.poll(WAIT_MILLIS, TimeUnit.MILLISECONDS);
      int items = 0;
      while (last != null) {
        items++;
        Long next = items < work.batch() ? tags.poll() : null;
        if (next == null) {
          channel.basicAck(last, true);
          break;
        }
        last = next;
      }
      return items;
    };
  }

  @Override
  public void close() {
    children.reversed().forEach(Child::close);
  }
}
