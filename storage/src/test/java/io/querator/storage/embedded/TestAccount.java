package io.querator.storage.embedded;

import com.sun.security.auth.module.UnixSystem;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/// The account that servers of tests run as, chosen as for the embedded database: none that we
/// start wants to be root.
public final class TestAccount {
  private static final Duration TIMEOUT = Duration.ofSeconds(60);

  private final ServerAccount account;

  private TestAccount(ServerAccount account) {
    this.account = account;
  }

  /// The account for a server whose data is going to be made.
  public static TestAccount choose() {
    return new TestAccount(ServerAccount.choose(Path.of("/no/such/data")));
  }

  /// The words that run `words` as this account.
  public List<String> command(List<String> words) {
    return account.command(words);
  }

  /// What brings `path`, with all in it, into the hands of this account.
  public void own(Path path) {
    if (account.uid() != new UnixSystem().getUid()) {
      run(List.of("chown", "-R", account.uid() + ":" + account.gid(), path.toString()));
    }
  }

  /// Runs a program that ends soon, as ourselves.
  ///
  /// @return what it printed
  public static String run(List<String> words) {
    Command.Outcome outcome = new Command(words).run(TIMEOUT);
    if (!outcome.succeeded()) {
      throw new IllegalStateException(words + " failed: " + outcome.output());
    }
    return outcome.output();
  }
}
