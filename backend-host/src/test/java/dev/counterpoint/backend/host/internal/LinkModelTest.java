package dev.counterpoint.backend.host.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.counterpoint.InvalidArgumentException;
import dev.counterpoint.spi.BackendOptions;
import dev.counterpoint.spi.Bootstrap;
import dev.counterpoint.spi.LinkInfo;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;

class LinkModelTest {
  /** One byte takes one nanosecond. */
  private final LinkModel link = new LinkModel(4, 1e9, 50);

  @Test
  void bytesTakeTimeOnBothEnds() {
    assertThat(link.reserve(0, 1, 1000, 100)).isEqualTo(1100);
    assertThat(link.reserve(0, 2, 1000, 100)).as("egress of 0 is taken").isEqualTo(2100);
    assertThat(link.reserve(3, 1, 500, 100)).as("ingress of 1 is taken").isEqualTo(1600);
    assertThat(link.reserve(1, 3, 500, 100)).as("directions are independent").isEqualTo(600);
    assertThat(link.latencyNanos()).isEqualTo(50);
  }

  @Test
  void rotatedPushesShareNothing() {
    for (int step = 1; step < 4; step++) {
      for (int rank = 0; rank < 4; rank++) {
        assertThat(link.reserve(rank, (rank + step) % 4, 1000, 0)).isEqualTo(step * 1000L);
      }
    }
  }

  @Test
  void theOrderOfReservationsLeavesNoHoles() {
    long last = 0;
    for (int target = 0; target < 4; target++) {
      for (int step = 1; step < 4; step++) {
        last = Math.max(last, link.reserve((target + step) % 4, target, 1000, 0));
      }
    }
    assertThat(last).as("every end is busy for three blocks and no longer").isEqualTo(3000);
  }

  @Test
  void aTransferThatComesLateCatchesUp() {
    long first = link.reserve(0, 1, 1000, 0);
    assertThat(link.reserve(0, 1, 1000, first))
        .as("continues where the model, not the thread, stands")
        .isEqualTo(2000);
  }

  @Test
  void anEndThatIsHeldUpHoldsUpNoOther() {
    LinkModel.Ends ends = new LinkModel.Ends();
    link.reserve(2, 1, 5000, 0);
    link.reserve(0, 1, 1000, 100, ends);
    assertThat(ends.egress).as("what the sender may send after it").isEqualTo(1100);
    assertThat(ends.ingress).as("when the receiver has it").isEqualTo(6000);
    link.reserve(0, 3, 1000, ends.egress, ends);
    assertThat(ends.egress).isEqualTo(2100);
    assertThat(ends.ingress).isEqualTo(2100);
  }

  @Test
  void aBroadcastPaysTheRootOnce() {
    link.reserve(2, 3, 700, 0);
    assertThat(link.reserveBroadcast(0, 1000, 0)).isEqualTo(1700);
    assertThat(link.reserve(0, 1, 10, 0)).isEqualTo(1010);
    assertThat(link.reserve(1, 3, 10, 0)).as("ingress of 3 took both").isEqualTo(1710);
    assertThat(link.reserve(3, 0, 10, 0)).isEqualTo(10);
  }

  @Test
  void propertiesAreParsedAndMisspeltOnesRefused() {
    assertThat(parse("host.link", "40GB/s").linkBytesPerSecond()).isEqualTo(40e9);
    assertThat(parse("host.link", "1.5e9").linkBytesPerSecond()).isEqualTo(1.5e9);
    assertThat(parse("host.link", "2GiB/s", "host.latency", "5us").linkLatencyNanos())
        .isEqualTo(5000);
    assertThat(parse("other.thing", "x").linked()).isFalse();
    for (String[] wrong :
        new String[][] {
          {"host.lnik", "1"},
          {"host.link", "fast"},
          {"host.link", "0"},
          {"host.latency", "5us"},
          {"host.threads", "0"},
          {"host.chaos", "x"}
        }) {
      assertThatThrownBy(() -> parse(wrong))
          .isInstanceOf(InvalidArgumentException.class)
          .hasMessageContaining(wrong[0]);
    }
  }

  private static HostOptions parse(String... properties) {
    Map<String, String> map = new java.util.HashMap<>();
    for (int i = 0; i < properties.length; i += 2) {
      map.put(properties[i], properties[i + 1]);
    }
    return HostOptions.parse(
        new BackendOptions(2, Bootstrap.singleProcess(), Duration.ofSeconds(1), map));
  }

  @Test
  void theLinkIsDescribed() {
    try (HostFixture host = HostFixture.open(2, "host.link", "40GB/s", "host.latency", "5us")) {
      assertThat(host.backend.link())
          .isEqualTo(new LinkInfo("simulated 40 GB/s, 5 µs", 40e9, true));
    }
    try (HostFixture host = HostFixture.open(2)) {
      assertThat(host.backend.link().simulated()).isFalse();
    }
  }
}
