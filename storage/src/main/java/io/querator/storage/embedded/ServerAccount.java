package io.querator.storage.embedded;

import com.sun.security.auth.module.UnixSystem;
import io.querator.storage.StorageException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// The operating system's account that the server runs as.
///
/// That is our own account, unless we are root: PostgreSQL refuses to run as root.
sealed interface ServerAccount {
  /// The users looked for when we are root and no data exists yet, in this order.
  List<String> PREFERRED = List.of("querator", "postgres", "nobody");

  /// How long a program may take that only looks something up.
  Duration TIMEOUT = Duration.ofSeconds(60);

  long uid();

  long gid();

  /// The words that run `words` as this account, from the account we have.
  List<String> command(List<String> words);

  /// The account that runs this JVM.
  record Own(long uid, long gid) implements ServerAccount {
    @Override
    public List<String> command(List<String> words) {
      return words;
    }

    @Override
    public String toString() {
      return "uid " + uid;
    }
  }

  /// Another account, which we switch to as root.
  ///
  /// @param name the user's name; its number if it has no name
  record Other(String name, long uid, long gid, Switch by) implements ServerAccount {
    @Override
    public List<String> command(List<String> words) {
      var all = new ArrayList<>(by.prefix(this));
      all.addAll(words);
      return List.copyOf(all);
    }

    @Override
    public String toString() {
      return name + " (uid " + uid + ")";
    }
  }

  /// A program that runs another one under a different account. None of them needs more than the
  /// right to change its user id, so they work in an ordinary container.
  enum Switch {
    SETPRIV,
    RUNUSER,
    SUDO,
    SU;

    List<String> prefix(Other account) {
      String name = account.name();
      return switch (this) {
        case SETPRIV ->
            List.of(
                "setpriv",
                "--reuid=" + account.uid(),
                "--regid=" + account.gid(),
                "--clear-groups",
                "--no-new-privs",
                "--");
        case RUNUSER -> List.of("runuser", "-u", name, "--");
        // Keeps the descriptor through which the server may reach its data.
        case SUDO ->
            List.of(
                "sudo",
                "-n",
                "-C",
                Integer.toString(DataDirectory.DESCRIPTOR + 1),
                "-u",
                name,
                "--");
        case SU -> List.of("su", "-s", "/bin/sh", "-c", "exec \"$@\"", "--", name, "sh");
      };
    }

    boolean works(Other account) {
      var words = new ArrayList<>(prefix(account));
      words.addAll(List.of("id", "-u"));
      try {
        var outcome = new Command(words).run(TIMEOUT);
        return outcome.succeeded() && outcome.output().equals(Long.toString(account.uid()));
      } catch (StorageException.Unavailable e) {
        return false; // not installed
      }
    }
  }

  /// The account for the data in `cluster`: its owner if it exists, else the best one there is.
  ///
  /// @throws StorageException.Corrupt if the data belongs to an account that we cannot become, or
  ///   there is none
  static ServerAccount choose(Path cluster) {
    var system = new UnixSystem();
    var own = new Own(system.getUid(), system.getGid());
    Optional<Long> owner = owner(cluster);
    if (own.uid() != 0) {
      owner.filter(uid -> uid != own.uid()).ifPresent(uid -> refuse(cluster, uid, own));
      return own;
    }
    if (owner.isPresent() && owner.get() != 0) {
      long uid = owner.get();
      return reachable(Long.toString(uid), uid, DataDirectory.unixAttribute(cluster, "gid"))
          .orElseThrow(() -> unreachable("uid " + uid + ", whose data it is"));
    }
    return PREFERRED.stream()
        .flatMap(name -> named(name).stream())
        .findFirst()
        .orElseThrow(() -> unreachable("any of the users " + String.join(", ", PREFERRED)));
  }

  private static void refuse(Path cluster, long owner, Own own) {
    throw new StorageException.Corrupt(
        "%s belongs to uid %d, but this process runs as uid %d; run it as that user or as root, or, with the database stopped, as root: chown -R %d:%d %s"
            .formatted(cluster, owner, own.uid(), own.uid(), own.gid(), cluster.getParent()),
        null);
  }

  private static StorageException unreachable(String whom) {
    return new StorageException.Corrupt(
        "PostgreSQL does not run as root, and root cannot become %s by setpriv, runuser, sudo or su; run as an ordinary user, or make one for it (useradd --system querator), and in a container keep the capabilities CHOWN, SETUID and SETGID"
            .formatted(whom),
        null);
  }

  private static Optional<ServerAccount> named(String name) {
    Optional<Long> uid = id("-u", name);
    Optional<Long> gid = id("-g", name);
    return uid.isPresent() && gid.isPresent()
        ? reachable(name, uid.get(), gid.get())
        : Optional.empty();
  }

  /// The account, if root can become it. Without a name only `setpriv` can.
  private static Optional<ServerAccount> reachable(String nameOrUid, long uid, long gid) {
    var outcome = new Command(List.of("id", "-un", nameOrUid)).run(TIMEOUT);
    String name = outcome.succeeded() ? outcome.output() : nameOrUid;
    for (Switch by : Switch.values()) {
      var account = new Other(name, uid, gid, by);
      if (by.works(account)) {
        return Optional.of(account);
      }
    }
    return Optional.empty();
  }

  private static Optional<Long> id(String option, String name) {
    var outcome = new Command(List.of("id", option, name)).run(TIMEOUT);
    return outcome.succeeded() ? Optional.of(Long.valueOf(outcome.output())) : Optional.empty();
  }

  private static Optional<Long> owner(Path cluster) {
    return Files.exists(cluster)
        ? Optional.of((long) DataDirectory.unixAttribute(cluster, "uid"))
        : Optional.empty();
  }
}
