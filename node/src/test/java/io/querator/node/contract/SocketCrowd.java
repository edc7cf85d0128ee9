package io.querator.node.contract;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.IntFunction;

/// Thousands of connections that send a request each and wait for its answer, on one thread: that
/// of the test, which lends it to [#pump].
final class SocketCrowd implements AutoCloseable {
  private final Selector selector;
  private final List<Member> members = new ArrayList<>();
  private final ByteBuffer buffer = ByteBuffer.allocate(64 * 1024);
  private int answered;

  /// One connection. The answer is what has come of it.
  private static final class Member {
    private final SocketChannel channel;
    private final ByteArrayOutputStream received = new ByteArrayOutputStream();
    private boolean answered;
    private boolean closed;

    private Member(SocketChannel channel) {
      this.channel = channel;
    }
  }

  private SocketCrowd() throws IOException {
    selector = Selector.open();
  }

  /// Opens connections.
  static SocketCrowd connect(int port, int count) throws IOException {
    SocketCrowd crowd = new SocketCrowd();
    InetSocketAddress address = new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
    for (int i = 0; i < count; i++) {
      SocketChannel channel = SocketChannel.open(address);
      channel.configureBlocking(false);
      Member member = new Member(channel);
      channel.register(crowd.selector, SelectionKey.OP_READ, member);
      crowd.members.add(member);
    }
    return crowd;
  }

  /// A POST of JSON in which `'` stands for `"`.
  static byte[] post(String path, String json) {
    String body = json.replace('\'', '"');
    String head =
        "POST %s HTTP/1.1\r\nHost: localhost\r\nAccept: */*\r\nContent-Length: %d\r\n\r\n"
            .formatted(path, body.getBytes(UTF_8).length);
    return (head + body).getBytes(UTF_8);
  }

  /// Sends a request over each connection.
  void sendAll(IntFunction<byte[]> request) throws IOException {
    for (int i = 0; i < members.size(); i++) {
      send(i, request.apply(i));
    }
  }

  /// Sends, and forgets the answer before.
  void send(int index, byte[] bytes) throws IOException {
    Member member = members.get(index);
    if (member.answered) {
      member.answered = false;
      answered--;
    }
    member.received.reset();
    ByteBuffer out = ByteBuffer.wrap(bytes);
    while (out.hasRemaining()) {
      member.channel.write(out);
    }
  }

  /// Reads what comes until the condition holds.
  ///
  /// @throws AssertionError if it does not in time
  void pump(Duration atMost, BooleanSupplier until) throws IOException {
    long end = System.nanoTime() + atMost.toNanos();
    while (!until.getAsBoolean()) {
      if (System.nanoTime() > end) {
        throw new AssertionError(answered + " of " + members.size() + " are answered");
      }
      selector.select(this::read, 20);
    }
  }

  private void read(SelectionKey key) {
    Member member = (Member) key.attachment();
    try {
      buffer.clear();
      int count = member.channel.read(buffer);
      if (count < 0) {
        member.closed = true;
        key.cancel();
        return;
      }
      member.received.write(buffer.array(), 0, count);
      if (!member.answered && isWhole(member.received.toString(ISO_8859_1))) {
        member.answered = true;
        answered++;
      }
    } catch (IOException e) {
      member.closed = true;
      key.cancel();
    }
  }

  private static boolean isWhole(String text) {
    int end = text.indexOf("\r\n\r\n");
    if (end < 0) {
      return false;
    }
    String head = text.substring(0, end).toLowerCase(java.util.Locale.ROOT);
    int at = head.indexOf("content-length: ");
    int lineEnd = head.indexOf("\r\n", at);
    String length = head.substring(at + 16, lineEnd < 0 ? head.length() : lineEnd).strip();
    return text.length() - end - 4 >= Integer.parseInt(length);
  }

  int answered() {
    return answered;
  }

  int size() {
    return members.size();
  }

  long closedByServer() {
    return members.stream().filter(member -> member.closed).count();
  }

  /// The status and body of an answer.
  record Got(int status, String body) {}

  /// The answer over one connection, once it is there.
  Optional<Got> answer(int index) {
    Member member = members.get(index);
    if (!member.answered) {
      return Optional.empty();
    }
    String text = member.received.toString(UTF_8);
    int status = Integer.parseInt(text.substring(9, 12));
    return Optional.of(new Got(status, text.substring(text.indexOf("\r\n\r\n") + 4)));
  }

  /// Closes one connection.
  ///
  /// @param reset by a RST instead of a FIN
  void disconnect(int index, boolean reset) throws IOException {
    SocketChannel channel = members.get(index).channel;
    if (reset) {
      channel.setOption(StandardSocketOptions.SO_LINGER, 0);
    }
    channel.close();
  }

  @Override
  public void close() throws IOException {
    for (Member member : members) {
      member.channel.close();
    }
    selector.close();
  }
}
