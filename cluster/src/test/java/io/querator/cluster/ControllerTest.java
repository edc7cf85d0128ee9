package io.querator.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.querator.cluster.OwnershipCommand.Define;
import io.querator.cluster.OwnershipCommand.Evict;
import io.querator.cluster.OwnershipCommand.PartitionDefinition;
import io.querator.cluster.OwnershipCommand.Tick;
import io.querator.cluster.Renewal.Fate;
import io.querator.cluster.Renewal.Report;
import io.querator.storage.PartitionKey;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class ControllerTest {
  private static final UUID ID = new UUID(0, 1);
  private static final UUID INCARNATION = new UUID(0, 2);
  private static final NodeId NODE = new NodeId("a");
  private static final long MILLI = 1_000_000;

  private final Controller controller = new Controller(ID, 1_500, 0);

  private static Renewal renewal(Report... reports) {
    return new Renewal(NODE, INCARNATION, "api", "peer", true, 1, "1.0", 0, List.of(reports));
  }

  private static Report report() {
    return new Report(new PartitionKey(1), 1, 1, Fate.OPENED);
  }

  @Test
  void letsTimePassRegularly() {
    assertThat(controller.waitNanos(0)).isEqualTo(Controller.TICK_NANOS);
    controller.heard(renewal(), 10 * MILLI);

    assertThat(controller.waitNanos(10 * MILLI)).isEqualTo(Controller.TICK_NANOS - 10 * MILLI);
    assertThat(controller.waitNanos(Controller.TICK_NANOS)).isZero();
    assertThat(controller.tick(Controller.TICK_NANOS))
        .isEqualTo(new Tick(ID, 200, 1_500, List.of(renewal())));
    assertThat(controller.tick(Controller.TICK_NANOS)).isEqualTo(new Tick(ID, 0, 1_500, List.of()));
  }

  @Test
  void losesNoTimeByRounding() {
    long passed = 0;
    for (int i = 1; i <= 1_000; i++) {
      passed += controller.tick(i * MILLI * 3 / 2).elapsedMillis();
    }

    assertThat(passed).isEqualTo(1_500);
  }

  @Test
  void passesNewsOnAlmostAtOnceAndGathersThem() {
    controller.heard(renewal(report()), 10 * MILLI);
    controller.heard(renewal(report()), 14 * MILLI);

    assertThat(controller.waitNanos(14 * MILLI)).isEqualTo(MILLI);
    assertThat(controller.tick(15 * MILLI).renewals()).containsExactly(renewal(report()));
    assertThat(controller.waitNanos(15 * MILLI)).isEqualTo(Controller.TICK_NANOS);
  }

  @Test
  void evictsWhoRefusesTwiceInARow() {
    assertThat(controller.refused(NODE, INCARNATION)).isEmpty();
    controller.heard(renewal(), 0);
    assertThat(controller.refused(NODE, INCARNATION)).isEmpty();

    assertThat(controller.refused(NODE, INCARNATION)).contains(new Evict(NODE, INCARNATION));
  }

  @Test
  void makesTheTableKnowWhatThereIs() {
    OwnershipTable table = new OwnershipTable();
    var one = new PartitionDefinition(new PartitionKey(1), 7);
    var two = new PartitionDefinition(new PartitionKey(2), 7);
    table.apply(1, new Define(List.of(one), List.of()));

    assertThat(Controller.define(table.view(), List.of(one))).isEmpty();
    Define change = Controller.define(table.view(), List.of(two)).orElseThrow();
    assertThat(change).isEqualTo(new Define(List.of(two), List.of(one.key())));
    table.apply(2, change);
    assertThat(Controller.define(table.view(), List.of(two))).isEmpty();
  }
}
