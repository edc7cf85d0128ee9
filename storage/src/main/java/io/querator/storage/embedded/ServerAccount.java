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
  /// The accounts looked for when we are root and no data exists yet, in this order.
  List<String> PREFERRED = List.of("querator", "postgres", "nobody");

  long uid();

  long gid();

  /// The words that run `words` as this account, from whatever account we have.
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
    SETPRIV("setpriv"),
    RUNUSER("runuser"),
    SUDO("sudo"),
    SU("su");

    private final String program;

    Switch(String program) {
      this.program = program;
    }

    List<String> prefix(Other account) {
      return switch (this) {
        case SETPRIV ->
            List.of(
                program,
                "--reuid=" + account.uid(),
                "--regid=" + account.gid(),
                "--clear-groups",
                "--no-new-privs",
                "--");
        case RUNUSER -> List.of(program, "-u", account.name(), "--");
        case SUDO -> List.of(program, "-n", "-u", account.name(), "--");
        case SU ->
            List.of(program, "-s", "/bin/sh", "-c", "exec \"$@\"", "--", account.name(), "sh");
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

  Duration TIMEOUT = Duration.ofSeconds(10);

  /// The account for the data in `cluster`: its owner if it exists, else the best one there is.
  ///
  /// @throws StorageException.Corrupt if the data belongs to an account that we cannot become, or
  ///   there is none
  static ServerAccount choose(Path cluster) {
    var system = new UnixSystem();
    var own = new Own(system.getUid(), system.getGid());
    Optional<Long> owner = owner(cluster);
    if (own.uid() != 0) {
      owner
          .filter(uid -> uid != own.uid())
          .ifPresent(uid -> {
            throw new StorageException.Corrupt(
                "%s belongs to uid %d, but this process runs as uid %d; run it as root or as that user, or as root: chown -R %d %s"
                    .formatted(cluster, uid, own.uid(), own.uid(), cluster.getParent()),
                null);
          });
      return own;
    }
    List<String> names =
        owner.filter(uid -> uid != 0).map(uid -> List.of(Long.toString(uid))).orElse(PREFERRED);
    for (String name : names) {
      Optional<ServerAccount> account = named(name);
      if (account.isPresent()) {
        return account.get();
      }
    }
    throw new StorageException.Corrupt(
        "PostgreSQL does not run as root, and root cannot become any of the users %s by setpriv, runuser, sudo or su; create one (useradd --system querator), or run as an ordinary user"
            .formatted(names),
        null);
  }

  private static Optional<ServerAccount> named(String name) {
    var uid = id("-u", name);
    var gid = id("-g", name);
    if (uid.isEmpty() || gid.isEmpty()) {
      return Optional.empty();
    }
    String canonical = new Command(List.of("id", "-un", name)).run(TIMEOUT).output();
    for (Switch by : Switch.values()) {
      var account = new Other(canonical, uid.get(), gid.get(), by);
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
