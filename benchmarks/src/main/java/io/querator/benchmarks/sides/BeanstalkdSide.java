package io.querator.benchmarks.sides;

import io.querator.node.process.CleanUp;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// beanstalkd with a log that is synced for each write. It knows no batches: the commands of one
/// are sent together, and then all answers read
/// (<https://raw.githubusercontent.com/beanstalkd/beanstalkd/master/doc/protocol.txt>).
public final class BeanstalkdSide implements Side {
  private static final int TTR_SECONDS = 600;
  private static final int WAIT_SECONDS = 1;

  private final Path program;
  private final String version;
  private final Path directory;
  private final CleanUp cleanUp;
  private int rounds;

  /// @param directory where its data go
  /// @throws UnavailableException without `beanstalkd`
  public BeanstalkdSide(Path directory, CleanUp cleanUp)
      throws UnavailableException, IOException, InterruptedException {
    program = Programs.find("beanstalkd");
    version = Programs.output(program.toString(), "-v").strip();
    this.directory = directory.resolve("beanstalkd");
    this.cleanUp = cleanUp;
  }

  @Override
  public String name() {
    return "beanstalkd";
  }

  @Override
  public String settings() {
    return version + " -f0; the commands of a batch are sent together";
  }

  /// With a server of its own, so that its log is empty.
  @Override
  public Measured run(Work work) throws IOException, InterruptedException {
    int port = Programs.freePort();
    Path data = Files.createDirectories(directory.resolve(Integer.toString(rounds++)));
    ProcessBuilder builder =
        new ProcessBuilder(
            program.toString(),
            "-l",
            "127.0.0.1",
            "-p",
            Integer.toString(port),
            "-b",
            data.toString(),
            "-f0");
    List<Connection> connections = new ArrayList<>();
    try (Child server = Child.start(builder, data.resolve("output"), cleanUp)) {
      server.awaitPort(port);
      Load load = new Load(work, server::cpu);
      for (int number = 0; number < work.producers() + work.consumers(); number++) {
        Connection connection = new Connection(port, work);
        connections.add(connection);
        if (number < work.producers()) {
          load.producer(connection::put);
        } else {
          load.consumer(connection::reserveAndDelete);
        }
      }
      return load.run();
    } catch (UnavailableException e) {
      throw new LoadException(name() + ": " + e.getMessage(), e);
    } finally {
      for (Connection connection : connections) {
        connection.close();
      }
    }
  }

  /// Used by one thread.
  private static final class Connection implements AutoCloseable {
    private final Socket socket;
    private final InputStream in;
    private final OutputStream out;
    private final int batch;
    private final byte[] put;
    private final byte[] reserve;

    Connection(int port, Work work) throws IOException {
      socket = new Socket(InetAddress.getLoopbackAddress(), port);
      socket.setTcpNoDelay(true);
      in = new BufferedInputStream(socket.getInputStream());
      out = new BufferedOutputStream(socket.getOutputStream());
      batch = work.batch();
      byte[] payload = work.payload();
      put =
          bytes(
              "put 0 0 %d %d\r\n%s\r\n"
                  .formatted(
                      TTR_SECONDS, payload.length, new String(payload, StandardCharsets.US_ASCII)));
      reserve = bytes("reserve-with-timeout " + WAIT_SECONDS + "\r\n");
    }

    int put() throws IOException {
      send(put, batch);
      for (int i = 0; i < batch; i++) {
        words("INSERTED");
      }
      return batch;
    }

    /// The first is waited for; of the others, what is there.
    int reserveAndDelete() throws IOException {
      send(reserve, 1);
      StringBuilder deletes = new StringBuilder();
      int reserved = takeReserved(deletes);
      if (reserved == 1 && batch > 1) {
        send(bytes("reserve-with-timeout 0\r\n"), batch - 1);
        for (int i = 1; i < batch; i++) {
          reserved += takeReserved(deletes);
        }
      }
      out.write(bytes(deletes.toString()));
      out.flush();
      for (int i = 0; i < reserved; i++) {
        words("DELETED");
      }
      return reserved;
    }

    private int takeReserved(StringBuilder deletes) throws IOException {
      String line = line();
      if (line.equals("TIMED_OUT")) {
        return 0;
      }
      String[] words = line.split(" ", -1);
      if (!words[0].equals("RESERVED")) {
        throw new IOException("beanstalkd says " + line);
      }
      in.skipNBytes(Integer.parseInt(words[2]) + 2);
      deletes.append("delete ").append(words[1]).append("\r\n");
      return 1;
    }

    private void send(byte[] command, int times) throws IOException {
      for (int i = 0; i < times; i++) {
        out.write(command);
      }
      out.flush();
    }

    private void words(String first) throws IOException {
      String line = line();
      if (!line.startsWith(first)) {
        throw new IOException("beanstalkd says " + line);
      }
    }

    private String line() throws IOException {
      StringBuilder line = new StringBuilder();
      for (int next = in.read(); next != '\n'; next = in.read()) {
        if (next < 0) {
          throw new EOFException("beanstalkd has closed the connection");
        }
        line.append((char) next);
      }
      line.setLength(line.length() - 1);
      return line.toString();
    }

    private static byte[] bytes(String text) {
      return text.getBytes(StandardCharsets.US_ASCII);
    }

    @Override
    public void close() throws IOException {
      socket.close();
    }
  }

  @Override
  public void close() {}
}
