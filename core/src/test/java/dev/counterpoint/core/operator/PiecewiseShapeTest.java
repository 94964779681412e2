package dev.counterpoint.core.operator;

import static org.assertj.core.api.Assertions.assertThat;

import dev.counterpoint.AllGatherGemmSpec;
import dev.counterpoint.DType;
import dev.counterpoint.GemmAllReduceSpec;
import dev.counterpoint.GemmAllToAllSpec;
import dev.counterpoint.GemmReduceScatterSpec;
import dev.counterpoint.OperatorPlan;
import dev.counterpoint.Splits;
import dev.counterpoint.Strategy;
import dev.counterpoint.World;
import dev.counterpoint.core.fake.Journal;
import dev.counterpoint.core.fake.RecordingBackend;
import dev.counterpoint.core.fake.Work;
import dev.counterpoint.spi.Capability;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * What the strategies enqueue that send piece by piece: around a ring, by stripes, columns and
 * groups.
 */
class PiecewiseShapeTest {
  private static final Set<Capability> PEERS = Set.of(Capability.PEER_ACCESS);

  @Test
  void signaledAllToAllSendsEachGroupWhenItsCounterIsFull() {
    GemmAllToAllSpec spec =
        GemmAllToAllSpec.builder()
            .m(16)
            .n(8)
            .k(6)
            .dtype(DType.FP32)
            .strategy(Strategy.SIGNALED)
            .build();
    Journal journal = Worlds.launched(spec.withTuning(spec.tuning().withChunks(2)), 2, 0);
    // Each rank's shard has two tiles of 4 × 8; a group has one tile of each shard: 2 · 128 bytes.
    assertThat(journal.texts(0, "send"))
        .containsExactly(
            "await event",
            "await computed[0] 2e",
            "ALL_TO_ALL buffer 1@0 -> buffer 2@0",
            "await computed[1] 2e",
            "ALL_TO_ALL buffer 1@0+256 -> buffer 2@0+256",
            "record");
    assertThat(journal.texts(0, "main"))
        .containsExactly(
            "advance",
            "record",
            "gemm gemm-a2a#1 of input@0",
            "await event",
            "await event",
            "unpack -> output@0");
  }

  @Test
  void shardsThatDifferAreExchangedOneByOneAsTheirTilesAreCounted() {
    GemmAllToAllSpec spec =
        GemmAllToAllSpec.builder()
            .splits(Splits.of(new long[][] {{1, 2, 0}, {3, 0, 1}, {2, 2, 2}}))
            .n(8)
            .k(6)
            .dtype(DType.FP32)
            .strategy(Strategy.SIGNALED)
            .build();
    Journal journal = Worlds.launched(spec, 3, 0);
    // Rank 0 has two rows of 32 bytes for rank 1 and none for rank 2, to whom others have some.
    assertThat(journal.texts(0, "send"))
        .containsExactly(
            "await event",
            "await computed[1] 1e",
            "ALL_TO_ALL_V of 16 buffer 1@0+32 -> output@0+128",
            "ALL_TO_ALL_V of 0 buffer 1@0+96 -> output@0+32",
            "record");
    assertThat(journal.texts(0, "main"))
        .containsExactly(
            "advance",
            "record",
            "gemm gemm-a2a#1 of input@0+24",
            "gemm gemm-a2a#1 of input@0",
            "await event",
            "await event");
  }

  @Test
  void ringAllGatherSendsOnWhatArrives() {
    AllGatherGemmSpec spec =
        AllGatherGemmSpec.builder()
            .m(9)
            .n(6)
            .k(4)
            .dtype(DType.FP32)
            .strategy(Strategy.RING)
            .build();
    Journal journal = Worlds.launched(spec, 3, 1);
    assertThat(journal.texts(1, "send"))
        .containsExactly(
            "await event",
            "await consumed[2] 1e-1",
            "putSignal COPY_ENGINE input@1 -> gathered@2+48 then arrived@2[1]",
            "await arrived[0] 1e",
            "putSignal COPY_ENGINE gathered@1 -> gathered@2 then arrived@2[0]",
            "record",
            "record");
    assertThat(journal.texts(1, "main"))
        .as("only the rank before has to know that the buffer is free")
        .containsSubsequence(
            "gemm ag-gemm#1/chunk of input@1",
            "await arrived[0] 1e",
            "gemm ag-gemm#1/chunk of gathered@1",
            "await arrived[2] 1e",
            "gemm ag-gemm#1/chunk of gathered@1+96",
            "await event",
            "set consumed@0[1]");
  }

  @Test
  void ringReduceScatterAddsWhatArrivesAndSendsTheSumOn() {
    GemmReduceScatterSpec spec =
        GemmReduceScatterSpec.builder()
            .m(9)
            .n(8)
            .k(6)
            .dtype(DType.FP32)
            .strategy(Strategy.RING)
            .build();
    Journal journal = Worlds.launched(spec.withTuning(spec.tuning().withChunks(1)), 3, 1);
    assertThat(journal.texts(1, "receive"))
        .as("one sum on its way to another owner, and the own one")
        .containsExactly(
            "await event",
            "await event",
            "await arrived[1] 1e",
            "reduce 3 rows -> buffer 1@1+96",
            "record",
            "await event",
            "await arrived[2] 1e",
            "reduce 3 rows -> output@1",
            "set consumed@0[1]",
            "record");
    assertThat(journal.texts(1, "send"))
        .containsExactly(
            "await event",
            "await consumed[2] 1e-1",
            "await event",
            "putSignal COPY_ENGINE buffer 1@1 -> ring@2 then arrived@2[1]",
            "await event",
            "putSignal COPY_ENGINE buffer 1@1+96 -> ring@2+192 then arrived@2[2]",
            "record");
  }

  private static GemmAllReduceSpec allReduce(int m, int k) {
    GemmAllReduceSpec.Builder builder = GemmAllReduceSpec.builder().m(m).n(8).k(k);
    return builder.dtype(DType.FP32).strategy(Strategy.DECOMPOSED).build();
  }

  /** Rows of 32 bytes: stripes of 6 and 5 rows, of which rank 1 has the third and fourth. */
  @Test
  void decomposedAllReduceComputesStripesAndSendsEachOwnerItsPart() {
    GemmAllReduceSpec spec = allReduce(11, 6);
    Journal journal = Worlds.launched(spec.withTuning(spec.tuning().withChunks(2)), 3, 1);
    assertThat(journal.texts(1, "send"))
        .containsExactly(
            "await event",
            "await event",
            "putSignal COPY_ENGINE buffer 1@1+128 -> staging@2+128 then arrived@2[1]",
            "putSignal COPY_ENGINE buffer 1@1 -> staging@0+128 then arrived@0[1]",
            "putSignal COPY_ENGINE buffer 1@1+64 -> staging@1+128 then arrived@1[1]",
            "await event",
            "putSignal COPY_ENGINE buffer 1@1+320 -> staging@2+192 then arrived@2[4]",
            "putSignal COPY_ENGINE buffer 1@1+192 -> staging@0+192 then arrived@0[4]",
            "putSignal COPY_ENGINE buffer 1@1+256 -> staging@1+192 then arrived@1[4]",
            "record");
    assertThat(journal.texts(1, "main"))
        .containsExactly(
            "advance",
            "record",
            "gemm gemm-ar#1/chunk of input@1",
            "record",
            "gemm gemm-ar#1/chunk of input@1+48",
            "record",
            "await ready[0..2] 1e",
            "put2d 6 sum@1 -> output@1",
            "await ready[3..5] 1e",
            "put2d 5 sum@1+192 -> output@1+192",
            "await event",
            "await event",
            "await event");
    assertThat(journal.texts(1, "receive"))
        .containsExactly(
            "await event",
            "await arrived[0..2] 1e",
            "reduce 2 rows -> sum@1+64",
            "set ready@1[1]",
            "putSignal COPY_ENGINE sum@1+64 -> sum@2+64 then ready@2[1]",
            "putSignal COPY_ENGINE sum@1+64 -> sum@0+64 then ready@0[1]",
            "await arrived[3..5] 1e",
            "reduce 2 rows -> sum@1+256",
            "set ready@1[4]",
            "putSignal COPY_ENGINE sum@1+256 -> sum@2+256 then ready@2[4]",
            "putSignal COPY_ENGINE sum@1+256 -> sum@0+256 then ready@0[4]",
            "record",
            "record");
  }

  /** Each step costs such a device more than the work in it. */
  @ParameterizedTest
  @CsvSource({
    // rows, ranks, GEMMs, steps, and how many those were with a GEMM for each owner
    "2048,8,2,54,67",
    "8184,8,2,54,67",
    "1024,8,1,33,67",
    "4092,4,2,38,39",
    "8192,8,8,60,67"
  })
  void decomposedAllReduceOnWideDevicesHasFewSteps(
      int m, int ranks, int gemms, int steps, int before) {
    RecordingBackend backend = new RecordingBackend(ranks, PEERS, 132);
    World world = Worlds.open(backend);
    GemmAllReduceSpec spec = allReduce(m, ranks);
    OperatorPlan plan = world.plan(spec);
    Worlds.Operands operands = Worlds.Operands.of(spec, backend, world.rank(0));
    backend.journal().clear();
    operands.launch(plan);
    List<Work> works = backend.journal().steps().stream().map(Journal.Step::work).toList();
    assertThat(works).filteredOn(Work.Gemm.class::isInstance).hasSize(gemms);
    assertThat(works)
        .filteredOn(work -> !(work instanceof Work.Label))
        .hasSize(steps)
        .hasSizeLessThanOrEqualTo(before);
  }

  @Test
  void pipelinedReduceScatterCutsColumns() {
    GemmReduceScatterSpec spec =
        GemmReduceScatterSpec.builder()
            .m(8)
            .n(8)
            .k(6)
            .dtype(DType.FP32)
            .strategy(Strategy.PIPELINED)
            .build();
    Journal journal = Worlds.launched(spec.withTuning(spec.tuning().withChunks(2)), 2, 1);
    assertThat(journal.texts(1, "send"))
        .containsExactly(
            "await event",
            "await event",
            "REDUCE_SCATTER buffer 1@1 -> buffer 2@1",
            "record",
            "await event",
            "REDUCE_SCATTER buffer 1@1+128 -> buffer 2@1+64",
            "record",
            "record");
    assertThat(journal.texts(1, "receive"))
        .containsExactly(
            "await event",
            "await event",
            "put2d 4 buffer 2@1 -> output@1",
            "await event",
            "put2d 4 buffer 2@1+64 -> output@1+16",
            "record");
  }
}
