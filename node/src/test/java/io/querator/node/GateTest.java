package io.querator.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.querator.client.ReplyCode;
import io.querator.node.health.NodeState;
import io.querator.node.health.NodeState.Phase;
import io.querator.node.http.Caller;
import io.querator.node.http.ReplyException;
import io.querator.node.http.RequestHeaders;
import org.junit.jupiter.api.Test;

class GateTest {
  private final NodeState state = new NodeState();
  private final Gate gate = new Gate(state, _ -> new Caller("somebody"));

  @Test
  void asksClientsToComeAgainWhileTheNodeStarts() {
    assertToBeRepeated("service is starting; try again later");
  }

  @Test
  void letsOtherNodesInWhileTheNodeJoinsThemButNoClients() {
    state.advance(Phase.JOINING);

    assertThat(new Gate(state, _ -> new Caller("node"), true).authenticate(RequestHeaders.NONE))
        .isEqualTo(new Caller("node"));
    assertThatExceptionOfType(ReplyException.class)
        .isThrownBy(() -> gate.authenticate(RequestHeaders.NONE))
        .satisfies(refusal -> assertThat(refusal.code()).isEqualTo(ReplyCode.RETRY_REQUEST));
  }

  @Test
  void leavesCallersToTheAuthenticatorWhileTheNodeServes() {
    state.advance(Phase.SERVING);

    assertThat(gate.authenticate(RequestHeaders.NONE)).isEqualTo(new Caller("somebody"));
  }

  @Test
  void letsCallersInWhileTheNodeLeaves() {
    state.advance(Phase.LEAVING);

    assertThat(gate.authenticate(RequestHeaders.NONE)).isEqualTo(new Caller("somebody"));
  }

  @Test
  void refusesCallsOnceTheNodeStops() {
    state.advance(Phase.SERVING);
    state.advance(Phase.STOPPING);

    assertThatExceptionOfType(ReplyException.class)
        .isThrownBy(() -> gate.authenticate(RequestHeaders.NONE))
        .satisfies(refusal -> {
          assertThat(refusal.code()).isEqualTo(ReplyCode.REQUEST_FAILED);
          assertThat(refusal.text()).isEqualTo("service is shutting down");
        });
  }

  @Test
  void sendsCallersToOtherNodesOnceTheNodeHasLeftThem() {
    state.advance(Phase.LEAVING);
    state.advance(Phase.LEFT);

    assertToBeRepeated("service is shutting down");
  }

  private void assertToBeRepeated(String text) {
    assertThatExceptionOfType(ReplyException.class)
        .isThrownBy(() -> gate.authenticate(RequestHeaders.NONE))
        .satisfies(refusal -> {
          assertThat(refusal.code()).isEqualTo(ReplyCode.RETRY_REQUEST);
          assertThat(refusal.text()).isEqualTo(text);
          assertThat(refusal.details()).containsEntry("outcome", "not-executed");
        });
  }
}
