package dev.counterpoint.backend.gpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.counterpoint.DType;
import dev.counterpoint.InvalidArgumentException;
import dev.counterpoint.ResourceClosedException;
import dev.counterpoint.Scaling;
import dev.counterpoint.UnsupportedCapabilityException;
import dev.counterpoint.WeightLayout;
import dev.counterpoint.spi.Capability;
import dev.counterpoint.spi.DeviceMemory;
import dev.counterpoint.spi.Epilogue;
import dev.counterpoint.spi.Epoch;
import dev.counterpoint.spi.GemmArguments;
import dev.counterpoint.spi.GemmEngine;
import dev.counterpoint.spi.GemmSpec;
import dev.counterpoint.spi.PreparedGemm;
import dev.counterpoint.spi.ReduceSpec;
import dev.counterpoint.spi.RowPartition;
import dev.counterpoint.spi.SignalArray;
import dev.counterpoint.spi.Stream;
import dev.counterpoint.spi.SymmetricBuffer;
import dev.counterpoint.spi.Target;
import dev.counterpoint.spi.TileGate;
import dev.counterpoint.spi.TileGemm;
import dev.counterpoint.spi.TileOrder;
import dev.counterpoint.spi.TilePost;
import dev.counterpoint.spi.TileReduce;
import dev.counterpoint.spi.TileRoute;
import dev.counterpoint.spi.Tiling;
import java.util.List;
import org.junit.jupiter.api.Test;

class GemmTest {
  private static final Tiling TILING = new Tiling(new RowPartition(200, 2), 300, 64, 128);
  private static final String ENTRY = "tile_gemm_bf16_nk_64x128x64_s3";

  private static GemmSpec spec(GemmEngine engine, Epilogue epilogue) {
    return GemmSpec.plain(
        "g", 0, TILING, 96, DType.BF16, DType.FP32, WeightLayout.NK, engine, epilogue);
  }

  private static GemmArguments arguments(GpuFixture f) {
    return new GemmArguments()
        .a(f.memory(0, 200 * 96 * 2), 0, 96)
        .b(f.memory(0, 300 * 96 * 2), 0, 96)
        .d(f.memory(0, 200 * 300 * 4), 0, 300);
  }

  @Test
  void aPlainGemmWritesItsOperands() {
    try (GpuFixture f = new GpuFixture()) {
      PreparedGemm gemm =
          f.backend
              .gemm()
              .prepare(spec(GemmEngine.TILE, new Epilogue(2f, 0f, false, false, false, 0, 200)));
      Stream stream = f.stream(0);
      GemmArguments arguments = arguments(f);
      f.driver.take();
      gemm.launch(stream, arguments);
      assertThat(f.driver.take()).containsExactly(ENTRY);
      var p = f.driver.lastParameters.get(ENTRY);
      assertThat(p.getLong(TileGemmParams.A)).isEqualTo(arguments.a().address());
      assertThat(p.getLong(TileGemmParams.D)).isEqualTo(arguments.d().address());
      assertThat(p.getLong(TileGemmParams.C)).isZero();
      assertThat(p.getLong(TileGemmParams.GATE_WORDS)).isZero();
      assertThat(p.getLong(TileGemmParams.OWNERS)).isZero();
      assertThat(p.getLong(TileGemmParams.POST_INDEX)).isZero();
      assertThat(p.getInt(TileGemmParams.ROWS)).isEqualTo(200);
      assertThat(p.getInt(TileGemmParams.ROWS_PER_SHARD)).isEqualTo(100);
      assertThat(p.getInt(TileGemmParams.TILE_ROWS_PER_SHARD)).isEqualTo(2);
      assertThat(p.getInt(TileGemmParams.TILE_COLUMNS)).isEqualTo(3);
      assertThat(p.getInt(TileGemmParams.SHARDS)).isEqualTo(2);
      assertThat(Float.intBitsToFloat(p.getInt(TileGemmParams.ALPHA))).isEqualTo(2f);
      assertThat(p.getInt(TileGemmParams.OUTPUT_TYPE)).isZero();
      assertThat(p.getInt(TileGemmParams.SPLITS)).isEqualTo(1);
      assertThat(p.getInt(TileGemmParams.RASTER_ROWS)).isEqualTo(8);
      assertThat(p.shared()).isEqualTo(72 << 10);
      assertThat(p.blocks()).isEqualTo(12);
    }
  }

  private static GemmSpec blocks() {
    return GemmSpec.plain(
            "g",
            0,
            TILING,
            300,
            DType.FP8_E4M3,
            DType.BF16,
            WeightLayout.NK,
            GemmEngine.TILE,
            Epilogue.plain(200))
        .withScaling(Scaling.BLOCKS);
  }

  @Test
  void factorsOfBlocksAreWrittenLikeOperands() {
    try (GpuFixture f = new GpuFixture()) {
      PreparedGemm gemm = f.backend.gemm().prepare(blocks());
      GemmArguments arguments =
          new GemmArguments()
              .a(f.memory(0, 200 * 300), 0, 300)
              .b(f.memory(0, 300 * 300), 0, 300)
              .d(f.memory(0, 200 * 300 * 2), 0, 300)
              .aScales(f.memory(0, 200 * 5 * 4 + 8), 8, 5)
              .bScales(f.memory(0, 3 * 4 * 4), 0, 4);
      gemm.launch(f.stream(0), arguments);
      var p = f.driver.lastParameters.get("tile_gemm_fp8_e4m3_nk_64x128x128_s3");
      assertThat(p.getLong(TileGemmParams.A_SCALES)).isEqualTo(arguments.aScales().address() + 8);
      assertThat(p.getLong(TileGemmParams.B_SCALES)).isEqualTo(arguments.bScales().address());
      assertThat(p.getLong(TileGemmParams.A_SCALES_STRIDE)).isEqualTo(5);
      assertThat(p.getLong(TileGemmParams.B_SCALES_STRIDE)).isEqualTo(4);
    }
  }

  @Test
  void factorsOfBlocksAreRefusedWhereKernelsTakeNone() {
    Platform without =
        new FakePlatform() {
          @Override
          public boolean takesBlockFactors() {
            return false;
          }
        };
    try (GpuFixture f = new GpuFixture(without, new FakeDriver())) {
      assertThat(f.backend.capabilities()).contains(Capability.GEMM_FP8);
      assertThatThrownBy(() -> f.backend.gemm().prepare(blocks()))
          .isInstanceOfSatisfying(
              UnsupportedCapabilityException.class,
              e -> assertThat(e.capability()).isEqualTo(Capability.BLOCK_SCALES));
    }
  }

  @Test
  void hooksBecomeTables() {
    try (GpuFixture f = new GpuFixture()) {
      Epoch epoch = f.backend.signals().newEpoch(0);
      SignalArray words = f.backend.signals().allocate("words", 20);
      SymmetricBuffer buffer = f.backend.heap().allocate("staging", 100 * 304 * 4 + 64);
      int[] posts = new int[12];
      posts[5] = -1;
      posts[6] = 7;
      GemmSpec spec =
          spec(GemmEngine.TILE, Epilogue.plain(200))
              .withHooks(
                  new TileOrder.Shards(new int[] {1, 0}),
                  new TileGate.Words(
                      words, new int[] {0, 1, 2, 3}, new int[] {0, 1, 2, 0}, Target.THIS_LAUNCH),
                  new TileRoute.Owners(
                      buffer,
                      64,
                      304,
                      new TileRoute.Clearance(words, new int[] {4, 5}, Target.PREVIOUS_LAUNCH)),
                  new TilePost.Counters(words, posts, TilePost.At.OWNER),
                  epoch);
      PreparedGemm gemm = f.backend.gemm().prepare(spec);
      gemm.launch(f.stream(0), arguments(f).d(null, 0, 0));
      var p = f.driver.lastParameters.get(ENTRY);
      FakeMemory m = f.driver.memory;
      assertThat(p.getInt(TileGemmParams.ORDER_BY)).isEqualTo(1);
      assertThat(m.getInt(p.getLong(TileGemmParams.ORDER))).isEqualTo(1);
      assertThat(m.getInt(p.getLong(TileGemmParams.GATE_FIRST) + 8)).isEqualTo(2);
      assertThat(m.getInt(p.getLong(TileGemmParams.GATE_COUNT) + 4)).isEqualTo(1);
      assertThat(p.getLong(TileGemmParams.GATE_TARGET + TargetLayout.PER_EPOCH)).isEqualTo(1);
      assertThat(p.getLong(TileGemmParams.OWNER_STRIDE)).isEqualTo(304);
      assertThat(m.getLong(p.getLong(TileGemmParams.OWNERS) + 8))
          .isEqualTo(buffer.at(1).address() + 64);
      assertThat(m.getInt(p.getLong(TileGemmParams.CLEARANCE_INDEX) + 4)).isEqualTo(5);
      assertThat(p.getLong(TileGemmParams.CLEARANCE_TARGET + TargetLayout.OFFSET)).isEqualTo(-1);
      assertThat(m.getInt(p.getLong(TileGemmParams.POST_INDEX) + 20)).isEqualTo(-1);
      long own = p.getLong(TileGemmParams.GATE_WORDS);
      assertThat(m.getLong(p.getLong(TileGemmParams.POST_WORDS))).isEqualTo(own);
      assertThat(m.getLong(p.getLong(TileGemmParams.POST_WORDS) + 8)).isNotEqualTo(own);
      words.close();
      assertThatThrownBy(() -> gemm.launch(f.stream(0), arguments(f)))
          .isInstanceOf(ResourceClosedException.class)
          .hasMessageContaining("words");
    }
  }

  @Test
  void aGemmThatWaitsLeavesRoomForWhatItWaitsFor() {
    try (GpuFixture f = new GpuFixture()) {
      Epoch epoch = f.backend.signals().newEpoch(0);
      SignalArray words = f.backend.signals().allocate("words", 20);
      Tiling large = new Tiling(RowPartition.whole(1 << 14), 1 << 14, 128, 256);
      GemmSpec plain =
          GemmSpec.plain(
              "g",
              0,
              large,
              64,
              DType.BF16,
              DType.BF16,
              WeightLayout.NK,
              GemmEngine.TILE,
              Epilogue.plain(1 << 14));
      TileGate gate = new TileGate.Words(words, new int[128], new int[128], Target.THIS_LAUNCH);
      TilePost post = new TilePost.Counters(words, new int[large.tiles()], TilePost.At.SELF);
      assertThat(blocks(f, plain)).isEqualTo(132);
      assertThat(blocks(f, plain.withReservedUnits(12))).isEqualTo(120);
      GemmSpec gated =
          plain.withHooks(TileOrder.NATURAL, gate, TileRoute.LOCAL, TilePost.NONE, epoch);
      assertThat(blocks(f, gated)).isEqualTo(130);
      GemmSpec posting =
          plain.withHooks(TileOrder.NATURAL, TileGate.NONE, TileRoute.LOCAL, post, epoch);
      assertThat(blocks(f, posting)).as("as many rounds of tiles as with all").isEqualTo(128);
      Tiling few = new Tiling(RowPartition.whole(1 << 11), 1 << 11, 128, 256);
      assertThat(blocks(f, posting(words, epoch, few))).as("one round").isEqualTo(128);
      Tiling none = new Tiling(RowPartition.whole(0), 3, 128, 256);
      assertThat(blocks(f, posting(words, epoch, none))).isEqualTo(1);
    }
  }

  private static GemmSpec posting(SignalArray words, Epoch epoch, Tiling tiling) {
    TilePost post = new TilePost.Counters(words, new int[tiling.tiles()], TilePost.At.SELF);
    return GemmSpec.plain(
            "g",
            0,
            tiling,
            64,
            DType.BF16,
            DType.BF16,
            WeightLayout.NK,
            GemmEngine.TILE,
            Epilogue.plain(tiling.partition().rows()))
        .withHooks(TileOrder.NATURAL, TileGate.NONE, TileRoute.LOCAL, post, epoch);
  }

  private static int blocks(GpuFixture f, GemmSpec spec) {
    try (PreparedGemm gemm = f.backend.gemm().prepare(spec)) {
      return ((GpuPreparedGemm) gemm).blocks();
    }
  }

  @Test
  void whatTheKernelsCannotDoIsRefused() {
    try (GpuFixture f = new GpuFixture()) {
      Tiling odd = new Tiling(RowPartition.whole(10), 10, 48, 48);
      assertThatThrownBy(
              () ->
                  f.backend
                      .gemm()
                      .prepare(
                          GemmSpec.plain(
                              "g",
                              0,
                              odd,
                              8,
                              DType.BF16,
                              DType.BF16,
                              WeightLayout.NK,
                              GemmEngine.TILE,
                              Epilogue.plain(10))))
          .isInstanceOf(InvalidArgumentException.class)
          .hasMessageContaining("48×48");
      assertThatThrownBy(
              () -> f.backend.gemm().prepare(spec(GemmEngine.VENDOR, Epilogue.plain(200))))
          .isInstanceOf(UnsupportedCapabilityException.class)
          .hasMessageContaining("VENDOR_GEMM");
      assertThat(f.backend.gemm().supports(DType.BF16, DType.FP8_E4M3)).isFalse();
      assertThat(f.backend.gemm().supports(DType.INT8, DType.INT32)).isTrue();
      assertThat(f.backend.gemm().supports(DType.INT8, DType.FP32)).isFalse();
      PreparedGemm gemm = f.backend.gemm().prepare(spec(GemmEngine.TILE, Epilogue.plain(200)));
      assertThatThrownBy(() -> gemm.launch(f.stream(1), arguments(f)))
          .isInstanceOf(InvalidArgumentException.class);
      assertThatThrownBy(
              () -> gemm.launch(f.stream(0), arguments(f).a(f.memory(1, 1 << 16), 0, 96)))
          .isInstanceOf(InvalidArgumentException.class)
          .hasMessageContaining("a is memory of rank 1");
    }
  }

  @Test
  void sizesThatCannotBeHaveNoTiling() {
    try (GpuFixture f = new GpuFixture()) {
      TileGemm gemm = f.backend.gemm();
      RowPartition rows = RowPartition.whole(8);
      assertThatThrownBy(
              () -> gemm.tiling(0, rows, 8, -1, DType.FP32, DType.FP32, WeightLayout.NK, 0, 0))
          .isInstanceOf(InvalidArgumentException.class)
          .hasMessageContaining("k");
    }
  }

  @Test
  void withoutPeerAccessRemoteRoutesAreRefusedByName() {
    FakeDriver driver = new FakeDriver();
    driver.atomics = false;
    try (GpuFixture f = new GpuFixture(driver)) {
      SymmetricBuffer buffer = f.backend.heap().allocate("staging", 1 << 20);
      Epoch epoch = f.backend.signals().newEpoch(0);
      GemmSpec spec =
          spec(GemmEngine.TILE, Epilogue.plain(200))
              .withHooks(
                  TileOrder.NATURAL,
                  TileGate.NONE,
                  new TileRoute.Owners(buffer, 0, 300, null),
                  TilePost.NONE,
                  epoch);
      assertThatThrownBy(() -> f.backend.gemm().prepare(spec))
          .isInstanceOf(UnsupportedCapabilityException.class)
          .hasMessageContaining("PEER_ACCESS");
    }
  }

  @Test
  void aReductionKeepsTheOutputsOfEarlierLaunches() {
    try (GpuFixture f = new GpuFixture()) {
      DeviceMemory staging = f.memory(0, 4 * 1000);
      ReduceSpec spec =
          new ReduceSpec(
              "r",
              0,
              10,
              10,
              2,
              staging,
              400,
              10,
              DType.FP32,
              DType.FP32,
              4,
              null,
              new ReduceSpec.Local(),
              null);
      TileReduce.PreparedReduce reduce = f.backend.reduce().prepare(spec);
      Stream stream = f.stream(0);
      DeviceMemory one = f.memory(0, 400);
      DeviceMemory two = f.memory(0, 480);
      f.driver.take();
      reduce.launch(stream, one, 0, 10);
      reduce.launch(stream, two, 80, 10);
      assertThat(f.driver.take()).containsExactly("tile_reduce", "tile_reduce");
      var p = f.driver.lastParameters.get("tile_reduce");
      assertThat(p.getLong(TileReduceParams.TARGET)).isEqualTo(two.address() + 80);
      assertThat(p.getInt(TileReduceParams.TARGET_COUNT)).isZero();
      assertThat(p.getInt(TileReduceParams.BLOCKS)).isEqualTo(3);
    }
  }

  @Test
  void elementsOfOneByteAreNeitherStoredNorAddedUp() {
    try (GpuFixture f = new GpuFixture()) {
      for (DType type : List.of(DType.FP8_E4M3, DType.FP8_E5M2, DType.INT8)) {
        ReduceSpec spec =
            new ReduceSpec(
                "r",
                0,
                4,
                4,
                2,
                f.memory(0, 32),
                16,
                4,
                type,
                type,
                4,
                null,
                new ReduceSpec.Local(),
                null);
        f.driver.take();
        assertThatThrownBy(() -> f.backend.reduce().prepare(spec))
            .isInstanceOf(InvalidArgumentException.class)
            .hasMessageContaining("be of FP32, FP16, BF16 and INT32");
        assertThat(f.driver.take()).isEmpty();
      }
      Tiling tiling =
          f.backend
              .gemm()
              .tiling(
                  0,
                  RowPartition.whole(4),
                  4,
                  4,
                  DType.BF16,
                  DType.FP8_E4M3,
                  WeightLayout.NK,
                  0,
                  0);
      GemmSpec gemm =
          GemmSpec.plain(
              "g",
              0,
              tiling,
              4,
              DType.BF16,
              DType.FP8_E4M3,
              WeightLayout.NK,
              GemmEngine.TILE,
              Epilogue.plain(4));
      assertThatThrownBy(() -> f.backend.gemm().prepare(gemm))
          .isInstanceOf(InvalidArgumentException.class)
          .hasMessageContaining("outputType");
    }
  }

  @Test
  void aBlockWithoutAWordIsNotPosted() {
    try (GpuFixture f = new GpuFixture()) {
      SignalArray words = f.backend.signals().allocate("words", 6);
      SymmetricBuffer sums = f.backend.heap().allocate("sums", 400);
      ReduceSpec spec =
          new ReduceSpec(
              "r",
              1,
              10,
              10,
              2,
              f.memory(1, 800),
              400,
              10,
              DType.FP32,
              DType.FP32,
              5,
              null,
              new ReduceSpec.Everywhere(sums, 0, 10, words, new int[] {3, -1}, null),
              null);
      f.backend.reduce().prepare(spec).launch(f.stream(1), null, 0, 0);
      var p = f.driver.lastParameters.get("tile_reduce");
      assertThat(f.driver.memory.getInt(p.getLong(TileReduceParams.POST_INDEX))).isEqualTo(3);
      assertThat(f.driver.memory.getInt(p.getLong(TileReduceParams.POST_INDEX) + 4)).isEqualTo(-1);
      assertThat(p.getInt(TileReduceParams.TARGET_COUNT)).isEqualTo(2);
    }
  }
}
