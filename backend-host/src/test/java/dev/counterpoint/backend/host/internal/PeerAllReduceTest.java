package dev.counterpoint.backend.host.internal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.counterpoint.DType;
import dev.counterpoint.spi.AllReduceSpec;
import dev.counterpoint.spi.DeviceMemory;
import dev.counterpoint.spi.PeerAllReduce.Algorithm;
import dev.counterpoint.spi.PeerAllReduce.PreparedAllReduce;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the kit does not ask of the host: the link's time, in place, and a workspace's size. */
class PeerAllReduceTest {
  private static final int RANKS = 4;
  private static final int ROWS = 10;
  private static final int COLS = 1000;

  private static PreparedAllReduce prepare(HostFixture host, Algorithm algorithm) {
    return host.own(
        host.backend
            .allReduce()
            .prepare(new AllReduceSpec("sum", ROWS, COLS, DType.FP32, algorithm)));
  }

  /** Of 40,000 bytes on 4 ranks; a link of 1 MB/s takes a millisecond for 1000 bytes. */
  @ParameterizedTest
  @CsvSource({"ONE_SHOT,120", "TWO_SHOT,60", "TWO_SHOT_BULK,60"})
  void aSimulatedLinkTakesItsTimeForAllBytes(Algorithm algorithm, int millis) {
    try (HostFixture host = HostFixture.open(RANKS, "host.link", "1MB/s")) {
      PreparedAllReduce sum = prepare(host, algorithm);
      DeviceMemory[] memory = new DeviceMemory[RANKS];
      for (int rank = 0; rank < RANKS; rank++) {
        float[] values = new float[ROWS * COLS];
        java.util.Arrays.fill(values, rank + 1);
        memory[rank] = host.upload(rank, DType.FP32, values);
      }
      host.synchronize();
      long start = System.nanoTime();
      for (int rank = 0; rank < RANKS; rank++) {
        // In place, while what is sent from there may still be on its way.
        sum.launch(host.stream(rank), memory[rank], 0, COLS, memory[rank], 0, COLS);
      }
      host.synchronize();
      long took = (System.nanoTime() - start) / 1_000_000;
      assertThat(took).isBetween((long) millis - 1, millis * 3L);
      for (int rank = 0; rank < RANKS; rank++) {
        assertThat(host.read(memory[rank], 0, DType.FP32, ROWS * COLS)).containsOnly(1 + 2 + 3 + 4);
      }
    }
  }

  @Test
  void workspacesHaveASlotForEachRankTwice() {
    try (HostFixture host = HostFixture.open(RANKS)) {
      long part = ROWS * COLS * 4L;
      assertThat(prepare(host, Algorithm.ONE_SHOT).workspaceBytes()).isEqualTo(2 * RANKS * part);
      assertThat(prepare(host, Algorithm.TWO_SHOT).workspaceBytes()).isEqualTo(2 * 2 * part);
      assertThat(prepare(host, Algorithm.AUTO).algorithm()).isEqualTo(Algorithm.TWO_SHOT);
    }
  }
}
