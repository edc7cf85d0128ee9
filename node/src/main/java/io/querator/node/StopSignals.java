package io.querator.node;

import java.util.concurrent.CompletableFuture;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import sun.misc.Signal;
import sun.misc.SignalHandler;

/// SIGTERM, SIGINT (Ctrl-C) and SIGHUP ask the process to stop; a Ctrl-C after that ends it at
/// once.
///
/// Not a shutdown hook, for the JVM has no notion of a second signal: it would wait for the first
/// one's hooks. The handlers run on threads of the JVM.
final class StopSignals {
  private static final Logger log = LoggerFactory.getLogger(StopSignals.class);

  private final CompletableFuture<Void> asked = new CompletableFuture<>();

  /// Takes the signals from now on.
  static StopSignals install() {
    StopSignals signals = new StopSignals();
    for (String name : new String[] {"TERM", "INT", "HUP"}) {
      signals.take(name);
    }
    return signals;
  }

  private void take(String name) {
    try {
      Signal signal = new Signal(name);
      SignalHandler before = Signal.handle(signal, this::handle);
      if (before == SignalHandler.SIG_IGN) {
        // who started us (nohup, a shell's background job) wants it ignored
        Signal.handle(signal, SignalHandler.SIG_IGN);
      }
    } catch (IllegalArgumentException e) {
      log.atWarn()
          .addKeyValue("signal", name)
          .addKeyValue("problem", e.getMessage())
          .log("the JVM does not give us a signal, so it ends the process at once");
    }
  }

  private void handle(Signal signal) {
    if (asked.complete(null)) {
      log.atInfo().addKeyValue("signal", signal.getName()).log("stopping, Ctrl-C to end at once");
    } else if (signal.getName().equals("INT")) {
      Runtime.getRuntime().halt(ExitStatus.FORCED);
    }
  }

  /// Completes when the process is asked to stop.
  CompletableFuture<Void> asked() {
    return asked.copy();
  }
}
