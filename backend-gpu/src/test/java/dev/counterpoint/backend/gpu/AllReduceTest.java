package dev.counterpoint.backend.gpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.counterpoint.DType;
import dev.counterpoint.UnsupportedCapabilityException;
import dev.counterpoint.spi.AllReduceSpec;
import dev.counterpoint.spi.DeviceMemory;
import dev.counterpoint.spi.PeerAllReduce.Algorithm;
import dev.counterpoint.spi.PeerAllReduce.PreparedAllReduce;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the kernels of all-reduces are told; two ranks. */
class AllReduceTest {
  private static PreparedAllReduce prepare(
      GpuFixture f, int rows, int cols, DType dtype, Algorithm algorithm) {
    return f.backend.allReduce().prepare(new AllReduceSpec("sum", rows, cols, dtype, algorithm));
  }

  @ParameterizedTest
  @CsvSource({
    // algorithm, entry, places, bytes of all slots, bytes of a workspace
    "ONE_SHOT,      all_reduce_one_shot, 6, 768,  768",
    "TWO_SHOT,      all_reduce_two_shot, 3, 768,  768",
    "TWO_SHOT_BULK, all_reduce_bulk,     3, 384,  416"
  })
  void everyRankKnowsAllWorkspaces(
      Algorithm algorithm, String entry, int places, long slotBytes, long bytes) {
    try (GpuFixture f = new GpuFixture()) {
      PreparedAllReduce prepared = prepare(f, 3, 12, DType.BF16, algorithm);
      assertThat(prepared.algorithm()).isEqualTo(algorithm);
      assertThat(prepared.workspaceBytes()).isEqualTo(bytes);
      long[] workspaces = new long[2];
      for (int rank = 0; rank < 2; rank++) {
        DeviceMemory memory = f.memory(rank, 4096);
        f.driver.take();
        prepared.launch(f.stream(rank), memory, 16, 13, memory, 2048, 14);
        assertThat(f.driver.take()).endsWith(entry);
        var p = f.driver.lastParameters.get(entry);
        assertThat(p.blocks()).isEqualTo(1);
        assertThat(p.getLong(AllReduceParams.INPUT)).isEqualTo(memory.address() + 16);
        assertThat(p.getLong(AllReduceParams.INPUT_STRIDE)).isEqualTo(13);
        assertThat(p.getLong(AllReduceParams.OUTPUT)).isEqualTo(memory.address() + 2048);
        assertThat(p.getLong(AllReduceParams.OUTPUT_STRIDE)).isEqualTo(14);
        assertThat(p.getLong(AllReduceParams.FLAGS)).isEqualTo(slotBytes);
        assertThat(p.getInt(AllReduceParams.PLACES)).isEqualTo(places);
        assertThat(p.getInt(AllReduceParams.RANK)).isEqualTo(rank);
        assertThat(p.getInt(AllReduceParams.RANKS)).isEqualTo(2);
        assertThat(f.driver.memory.getLong(p.getLong(AllReduceParams.LAUNCHES))).isZero();
        assertThat(f.driver.memory.getInt(p.getLong(AllReduceParams.ARRIVALS))).isZero();
        long table = p.getLong(AllReduceParams.WORKSPACES);
        for (int other = 0; other < 2; other++) {
          long address = f.driver.memory.getLong(table + 8L * other);
          assertThat(address).isNotZero().isIn(rank == 0 ? address : workspaces[other]);
          workspaces[other] = address;
        }
      }
      assertThat(workspaces[0]).isNotEqualTo(workspaces[1]);
    }
  }

  @Test
  void whatIsChosenDependsOnBytes() {
    try (GpuFixture f = new GpuFixture()) {
      assertThat(prepare(f, 64, 4096, DType.BF16, Algorithm.AUTO).algorithm())
          .isEqualTo(Algorithm.ONE_SHOT);
      assertThat(prepare(f, 65, 4096, DType.BF16, Algorithm.AUTO).algorithm())
          .isEqualTo(Algorithm.TWO_SHOT);
      assertThat(prepare(f, 129, 4096, DType.BF16, Algorithm.AUTO).algorithm())
          .isEqualTo(Algorithm.TWO_SHOT_BULK);
    }
  }

  @Test
  void noElementsAreNoLaunchAndNoWorkspace() {
    try (GpuFixture f = new GpuFixture()) {
      PreparedAllReduce prepared = prepare(f, 0, 12, DType.FP32, Algorithm.TWO_SHOT);
      assertThat(prepared.workspaceBytes()).isZero();
      DeviceMemory memory = f.memory(0, 64);
      f.driver.take();
      prepared.launch(f.stream(0), memory, 0, 12, memory, 0, 12);
      assertThat(f.driver.take()).doesNotContain("all_reduce_two_shot");
    }
  }

  @Test
  void noRankHasMoreBlocksThanAnother() {
    try (GpuFixture f = new GpuFixture()) {
      PreparedAllReduce prepared = prepare(f, 512, 4096, DType.FP16, Algorithm.ONE_SHOT);
      int[] blocks = new int[2];
      for (int rank = 0; rank < 2; rank++) {
        DeviceMemory memory = f.memory(rank, 512 * 4096 * 2);
        prepared.launch(f.stream(rank), memory, 0, 4096, memory, 0, 4096);
        blocks[rank] = f.driver.lastParameters.get("all_reduce_one_shot").blocks();
      }
      int units = f.backend.device(0).info().computeUnits();
      assertThat(blocks).containsExactly(units, units);
    }
  }

  @Test
  void withoutPeersThereIsNone() {
    FakeDriver driver = new FakeDriver();
    driver.peers = false;
    try (GpuFixture f = new GpuFixture(driver)) {
      assertThatThrownBy(() -> prepare(f, 3, 12, DType.BF16, Algorithm.AUTO))
          .isInstanceOf(UnsupportedCapabilityException.class)
          .hasMessageContaining("PEER_ALL_REDUCE");
      assertThat(f.driver.lastParameters).doesNotContainKey("all_reduce_one_shot");
    }
  }
}
