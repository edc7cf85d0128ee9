package io.querator.node.service;

import static org.assertj.core.api.Assertions.assertThat;

import io.querator.cluster.NodeId;
import io.querator.node.service.Peers.Answer;
import io.querator.node.service.Peers.Stay;
import io.querator.node.service.Registrations.Registration;
import io.querator.queue.LeaseAnswer;
import io.querator.queue.Outcome.Reason;
import io.querator.queue.Waiter;
import io.querator.queue.WaitingRoom;
import io.querator.storage.PartitionKey;
import io.querator.storage.PartitionRecord;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.Executor;
import org.junit.jupiter.api.Test;

class RegistrationsTest {
  private static final long UNTIL = Long.MAX_VALUE;

  private final List<String> sent = new ArrayList<>();
  private List<NodeId> others = List.of(new NodeId("b"), new NodeId("c"));
  private List<Stay> stays = List.of(new Stay(new UUID(0, 1), 1), new Stay(new UUID(0, 2), 1));
  private Answer answer = Answer.YES;
  private Runnable asked = () -> {};

  private final PartitionSlot lowest =
      new PartitionSlot(
          new PartitionRecord(0, new PartitionKey(1), "default", PartitionRecord.State.ACTIVE),
          InstantSource.system());
  private final WaitingRoom room = new WaitingRoom(10);
  private final WaitingClients clients =
      new WaitingClients(InstantSource.system(), (_, _) -> Answer.NO);
  private final Registrations registrations =
      new Registrations("q", () -> List.of(lowest), room, peers(), clients, Runnable::run);

  private Peers peers() {
    return ScriptedPeers.of(
        Map.of(
            "others", _ -> others,
            "stays", _ -> stays,
            "register",
                arguments -> {
                  sent.add(
                      "register at " + arguments[0] + ": " + ((WaitingCall) arguments[1]).client());
                  asked.run();
                  return answer;
                },
            "unregister", arguments -> sent.add("unregister at " + arguments[0])));
  }

  private Registration waiting(Waiter waiter, long begun) {
    room.park(waiter);
    return registrations.of(waiter, begun, UNTIL);
  }

  @Test
  void registersOnceItIsKnownWhoKeepsTheList() {
    try (Registration registration = waiting(new Waiter("x", 1), 1)) {
      registration.follow();
      assertThat(sent).isEmpty();

      lowest.elsewhere(new NodeId("b"), true);
      registration.follow();
      registration.follow();
    }
    assertThat(sent).containsExactly("register at b: x", "unregister at b");
  }

  @Test
  void registersWithWhoKeepsTheListFromNowOn() {
    lowest.elsewhere(new NodeId("b"), true);
    try (Registration registration = waiting(new Waiter("x", 1), 1)) {
      registration.follow();
      lowest.elsewhere(new NodeId("c"), true);
      registration.follow();
    }
    assertThat(sent)
        .containsExactly(
            "register at b: x", "unregister at b", "register at c: x", "unregister at c");
  }

  @Test
  void registersAgainWithWhoHasStartedAgainOrTookItForDead() {
    lowest.elsewhere(new NodeId("b"), true);
    try (Registration registration = waiting(new Waiter("x", 1), 1)) {
      registration.follow();
      stays = List.of(new Stay(new UUID(0, 1), 1), new Stay(new UUID(0, 3), 2));
      registration.follow();
      registration.follow();
      stays = List.of(new Stay(new UUID(0, 1), 3), new Stay(new UUID(0, 3), 2));
      registration.follow();
    }
    assertThat(sent)
        .containsExactly(
            "register at b: x", "register at b: x", "register at b: x", "unregister at b");
  }

  private Answer onAnother(String client) {
    return clients.begin(new NodeId("b"), new WaitingCall("q", client, 7, 2, UNTIL));
  }

  @Test
  void asksAgainWhereItCouldNotAsk() {
    lowest.elsewhere(new NodeId("b"), true);
    answer = Answer.UNKNOWN;
    Waiter waiter = new Waiter("x", 1);
    try (Registration registration = waiting(waiter, 1)) {
      registration.follow();
      assertThat(waiter.answer()).isNotDone();
      answer = Answer.NO;
      registration.follow();
      registration.follow();
      assertThat(registration.result(waiter.answer().join()))
          .isEqualTo(new LeaseResult.DuplicateClient());
    }
    assertThat(sent).containsExactly("register at b: x", "register at b: x");
  }

  @Test
  void asksNobodyWhileThereIsNobody() {
    lowest.elsewhere(new NodeId("b"), true);
    others = List.of();
    try (Registration registration = waiting(new Waiter("x", 1), 1)) {
      registration.follow();
    }
    assertThat(sent).isEmpty();
  }

  private Registration registeredBy(Executor executor) {
    lowest.elsewhere(new NodeId("b"), true);
    return new Registrations("q", () -> List.of(lowest), room, peers(), clients, executor)
        .of(new Waiter("x", 1), 1, UNTIL);
  }

  @Test
  void leavesWhereItWasRegisteredTooLate() {
    List<Runnable> tasks = new ArrayList<>();
    Registration registration = registeredBy(tasks::add);
    registration.follow();
    registration.follow();
    asked = registration::close;

    assertThat(tasks).hasSize(1);
    tasks.getFirst().run();

    assertThat(sent).containsExactly("register at b: x", "unregister at b");
  }

  @Test
  void doesNotRegisterWhatHasEnded() {
    List<Runnable> tasks = new ArrayList<>();
    Registration registration = registeredBy(tasks::add);
    registration.follow();
    registration.close();

    tasks.getFirst().run();

    assertThat(sent).isEmpty();
  }

  @Test
  void refusesOfTwoCallsTheLaterOne() {
    Waiter waiter = new Waiter("x", 1);
    try (Registration registration = waiting(waiter, 100)) {
      assertThat(registrations.yields("y", 50)).isTrue();
      assertThat(registrations.yields("x", 101)).isFalse();
      assertThat(registrations.yields("x", 100)).isFalse();
      assertThat(waiter.answer()).isNotDone();

      assertThat(registrations.yields("x", 99)).isTrue();

      LeaseAnswer ended = waiter.answer().join();
      assertThat(registration.result(ended)).isEqualTo(new LeaseResult.DuplicateClient());
      assertThat(registrations.yields("x", 101)).as("has its answer").isTrue();
    }
    assertThat(registrations.yields("x", 101)).isTrue();
  }

  @Test
  void answersWhatWasLeasedForACallThatIsRefused() {
    Waiter waiter = new Waiter("x", 1);
    try (Registration registration = waiting(waiter, 100)) {
      registrations.yields("x", 99);

      LeaseAnswer unknown = new LeaseAnswer.Unknown();
      assertThat(registration.result(unknown)).isEqualTo(new LeaseResult.Answered(unknown));
    }
  }

  @Test
  void keepsTheListItself() {
    OpenPartition.in(lowest, room, InstantSource.system());
    try (Registration registration = waiting(new Waiter("x", 1), 1)) {
      registration.follow();
      assertThat(onAnother("x")).isEqualTo(Answer.NO);
    }
    assertThat(onAnother("x")).isEqualTo(Answer.YES);
    lowest.close(Reason.SHUTDOWN).join();
    assertThat(sent).isEmpty();
  }
}
