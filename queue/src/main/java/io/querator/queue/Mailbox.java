package io.querator.queue;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/// What waits for a partition's loop: commands, bounded by items and bytes, and internal messages,
/// bounded by their senders (each has at most one under way).
///
/// Many threads write and one reads. The lock guards moves in memory only.
final class Mailbox {
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition arrived = lock.newCondition();
  private final PartitionLimits limits;
  private final ArrayDeque<Submission<?>> commands = new ArrayDeque<>();
  private final ArrayDeque<Message.Sent> messages = new ArrayDeque<>();
  private long waitingItems;
  private long waitingBytes;
  private boolean signalled;

  Mailbox(PartitionLimits limits) {
    this.limits = limits;
  }

  /// What one turn takes.
  record Mail(List<Message.Sent> messages, List<Submission<?>> commands) {}

  /// Adds a command.
  ///
  /// @return false if the mailbox is full
  boolean offer(Submission<?> submission) {
    lock.lock();
    try {
      Command<?> command = submission.command;
      boolean full =
          waitingItems + command.items() > limits.mailboxItems()
              || waitingBytes + command.bytes() > limits.mailboxBytes();
      if (full && !commands.isEmpty()) {
        return false;
      }
      waitingItems += command.items();
      waitingBytes += command.bytes();
      commands.add(submission);
      arrived.signal();
      return true;
    } finally {
      lock.unlock();
    }
  }

  /// Adds an internal message, for which there is always room.
  void post(Message.Sent message) {
    lock.lock();
    try {
      messages.add(message);
      arrived.signal();
    } finally {
      lock.unlock();
    }
  }

  /// Asks for a turn.
  void signal() {
    lock.lock();
    try {
      signalled = true;
      arrived.signal();
    } finally {
      lock.unlock();
    }
  }

  /// How many items wait in commands.
  long depth() {
    lock.lock();
    try {
      return waitingItems;
    } finally {
      lock.unlock();
    }
  }

  /// Waits until something is there or `waitNanos` have passed.
  void await(long waitNanos) throws InterruptedException {
    lock.lock();
    try {
      long rest = waitNanos;
      while (commands.isEmpty() && messages.isEmpty() && !signalled && rest > 0) {
        if (waitNanos == Long.MAX_VALUE) {
          arrived.await();
        } else {
          rest = arrived.awaitNanos(rest);
        }
      }
    } finally {
      lock.unlock();
    }
  }

  /// Takes all messages and as many commands as fit into a turn, at least one.
  Mail take() {
    lock.lock();
    try {
      signalled = false;
      List<Message.Sent> takenMessages = new ArrayList<>(messages);
      messages.clear();
      List<Submission<?>> taken = new ArrayList<>(Math.min(commands.size(), 64));
      long items = 0;
      long bytes = 0;
      while (!commands.isEmpty()) {
        Command<?> next = commands.peekFirst().command;
        items += next.items();
        bytes += next.bytes();
        boolean fits = items <= limits.turnItems() && bytes <= limits.turnBytes();
        if (!fits && !taken.isEmpty()) {
          break;
        }
        waitingItems -= next.items();
        waitingBytes -= next.bytes();
        taken.add(commands.removeFirst());
      }
      return new Mail(takenMessages, taken);
    } finally {
      lock.unlock();
    }
  }

  /// Takes every command.
  List<Submission<?>> takeAll() {
    lock.lock();
    try {
      List<Submission<?>> all = List.copyOf(commands);
      commands.clear();
      waitingItems = 0;
      waitingBytes = 0;
      return all;
    } finally {
      lock.unlock();
    }
  }
}
