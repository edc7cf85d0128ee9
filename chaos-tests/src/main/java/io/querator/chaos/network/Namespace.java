package io.querator.chaos.network;

import java.io.BufferedReader;
import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;

/// A network namespace of Linux with one interface, which ends with this JVM. Needs root.
///
/// Its addresses are those of networks that are measured (RFC 2544), four for each.
public final class Namespace implements Host {
  /// 198.18.0.0/15.
  private static final int FIRST_NETWORK = 198 << 24 | 18 << 16;

  private static final int NETWORK_BITS = 2;
  private static final int NETWORKS = 1 << 32 - 15 - NETWORK_BITS;

  /// Nobody has it, so that what is sent there is lost.
  private static final String NOBODY = "02:00:00:00:00:01";

  private static final long PATIENCE_SECONDS = 10;

  /// Holds the namespace until its input ends, which it does when this JVM is gone.
  private final Process holder;

  /// The outer end of the cable; the inner one is `eth0`.
  private final String outer;

  private final InetAddress address;
  private final InetAddress gateway;

  public Namespace() throws IOException, InterruptedException {
    holder =
        new ProcessBuilder("unshare", "--net", "sh", "-c", "ip link set lo up && echo up; exec cat")
            .redirectErrorStream(true)
            .start();
    BufferedReader lines = holder.inputReader();
    String line = lines.readLine();
    if (!"up".equals(line)) {
      holder.destroyForcibly();
      throw new IOException(
          "no network namespace can be made, which needs Linux, root and the command ip: " + line);
    }
    outer = "q" + holder.pid();
    int network = FIRST_NETWORK + (Math.toIntExact(holder.pid() % NETWORKS) << NETWORK_BITS);
    gateway = address(network + 1);
    address = address(network + 2);
    try {
      connect();
    } catch (IOException | InterruptedException e) {
      close();
      throw e;
    }
  }

  private static InetAddress address(int bits) throws UnknownHostException {
    return InetAddress.getByAddress(ByteBuffer.allocate(Integer.BYTES).putInt(bits).array());
  }

  private void connect() throws IOException, InterruptedException {
    String pid = Long.toString(holder.pid());
    run("ip", "link", "add", outer, "type", "veth", "peer", "name", "eth0", "netns", pid);
    run("ip", "address", "add", gateway.getHostAddress() + "/30", "dev", outer);
    run("ip", "link", "set", outer, "up");
    inside("ip", "address", "add", address.getHostAddress() + "/30", "dev", "eth0");
    inside("ip", "link", "set", "eth0", "up");
    inside("ip", "route", "add", "default", "via", gateway.getHostAddress());
  }

  @Override
  public List<String> prefix() {
    return List.of("nsenter", "--net=/proc/" + holder.pid() + "/ns/net");
  }

  @Override
  public InetAddress address() {
    return address;
  }

  @Override
  public InetAddress gateway() {
    return gateway;
  }

  /// Each side takes the other for a machine that is not there.
  @Override
  public void lose() throws IOException, InterruptedException {
    run(neighbour("replace", address, outer, "lladdr", NOBODY, "nud", "permanent"));
    inside(neighbour("replace", gateway, "eth0", "lladdr", NOBODY, "nud", "permanent"));
  }

  @Override
  public void heal() throws IOException, InterruptedException {
    run(neighbour("del", address, outer));
    inside(neighbour("del", gateway, "eth0"));
  }

  private static String[] neighbour(
      String action, InetAddress neighbour, String device, String... more) {
    List<String> command = new ArrayList<>(List.of("ip", "neighbour", action));
    command.addAll(List.of(neighbour.getHostAddress(), "dev", device));
    command.addAll(Arrays.asList(more));
    return command.toArray(String[]::new);
  }

  private void inside(String... command) throws IOException, InterruptedException {
    List<String> there = new ArrayList<>(prefix());
    there.addAll(Arrays.asList(command));
    run(there.toArray(String[]::new));
  }

  private static void run(String... command) throws IOException, InterruptedException {
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String output = String.join("\n", process.inputReader().lines().toList());
    if (process.waitFor() != 0) {
      throw new IOException(String.join(" ", command) + ": " + output);
    }
  }

  /// Once nothing runs there any more, it is gone with its interface.
  @Override
  public void close() {
    try {
      holder.getOutputStream().close();
      if (!holder.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
        holder.destroyForcibly();
      }
    } catch (IOException e) {
      holder.destroyForcibly();
    } catch (InterruptedException e) {
      holder.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }
}
