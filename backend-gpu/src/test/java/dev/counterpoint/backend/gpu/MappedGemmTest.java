package dev.counterpoint.backend.gpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.counterpoint.CounterpointException;
import dev.counterpoint.DType;
import dev.counterpoint.InvalidArgumentException;
import dev.counterpoint.WeightLayout;
import dev.counterpoint.spi.DeviceMemory;
import dev.counterpoint.spi.Epilogue;
import dev.counterpoint.spi.Epoch;
import dev.counterpoint.spi.GemmArguments;
import dev.counterpoint.spi.GemmEngine;
import dev.counterpoint.spi.GemmSpec;
import dev.counterpoint.spi.PreparedGemm;
import dev.counterpoint.spi.RowPartition;
import dev.counterpoint.spi.SignalArray;
import dev.counterpoint.spi.Stream;
import dev.counterpoint.spi.Target;
import dev.counterpoint.spi.TileGate;
import dev.counterpoint.spi.TileOrder;
import dev.counterpoint.spi.TilePost;
import dev.counterpoint.spi.TileRoute;
import dev.counterpoint.spi.Tiling;
import java.lang.management.ManagementFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** GEMMs on kernels that read A and B through descriptions, in clusters. */
class MappedGemmTest {
  private static final String PAIRED = "tile_gemm_mapped_bf16_nk_128x256x64_s4_c2";
  private static final String PLAIN = "tile_gemm_bf16_nk_128x256x64_s3";

  private static GpuFixture fixture(String... properties) {
    return new GpuFixture(GpuFixture.MAPPING, new FakeDriver(), properties);
  }

  private static GemmSpec spec(Tiling tiling, int k, DType input, WeightLayout layout) {
    return GemmSpec.plain(
        "g",
        0,
        tiling,
        k,
        input,
        input == DType.INT8 ? DType.INT32 : DType.FP32,
        layout,
        GemmEngine.TILE,
        Epilogue.plain(tiling.partition().rows()));
  }

  private static GemmSpec bf16(Tiling tiling, int k) {
    return spec(tiling, k, DType.BF16, WeightLayout.NK);
  }

  /** Operands of a specification with given strides, some bytes into their memory. */
  private static GemmArguments arguments(
      GpuFixture f, GemmSpec spec, int aStride, int bStride, int offset) {
    int bytes = spec.inputType().bytes();
    int rowsOfB = spec.weightLayout() == WeightLayout.NK ? spec.cols() : spec.k();
    DeviceMemory a = f.memory(0, spec.rows() * aStride * bytes + offset);
    DeviceMemory b = f.memory(0, rowsOfB * bStride * bytes + offset);
    return new GemmArguments()
        .a(a, offset, aStride)
        .b(b, offset, bStride)
        .d(f.memory(0, spec.rows() * spec.cols() * 4), 0, spec.cols());
  }

  @ParameterizedTest
  @CsvSource({
    "200, 2, 300, 96, 96, 4",
    "1, 1, 1, 1, 8, 2",
    "13, 1, 17, 67, 72, 2",
    "641, 1, 257, 8, 16, 12",
    "3, 8, 300, 40, 40, 16",
  })
  void bothMatricesAreDescribed(int rows, int shards, int cols, int k, int stride, int blocks) {
    try (GpuFixture f = fixture()) {
      GemmSpec spec = bf16(new Tiling(new RowPartition(rows, shards), cols, 128, 256), k);
      PreparedGemm gemm = f.backend.gemm().prepare(spec);
      GemmArguments arguments = arguments(f, spec, stride, stride, 32);
      f.driver.take();
      gemm.launch(f.stream(0), arguments);
      assertThat(f.driver.take()).containsExactly("describeMatrix", "describeMatrix", PAIRED);
      var p = f.driver.lastParameters.get(PAIRED);
      assertThat(f.driver.matrices.get(p.matrix(TileGemmMaps.A)))
          .isEqualTo(
              new FakeDriver.Matrix(
                  DType.BF16, arguments.a().address() + 32, k, rows, 2L * stride, 64, 128));
      // Each block of a pair loads half of the columns.
      assertThat(f.driver.matrices.get(p.matrix(TileGemmMaps.B)))
          .isEqualTo(
              new FakeDriver.Matrix(
                  DType.BF16, arguments.b().address() + 32, k, cols, 2L * stride, 64, 128));
      assertThat(p.blocks()).isEqualTo(blocks);
      assertThat(p.shared()).isEqualTo(4 * 384 * 128 + 18560);
      assertThat(p.getInt(TileGemmParams.ROWS)).isEqualTo(rows);
      assertThat(p.getInt(TileGemmParams.POSITIONS)).isZero();
      assertThat(p.getInt(TileGemmParams.RASTER_ROWS) % 2).isZero();
    }
  }

  @Test
  void weightsAcrossKAreReadBySquares() {
    try (GpuFixture f = fixture()) {
      Tiling tiling = new Tiling(RowPartition.whole(70), 300, 64, 128);
      GemmSpec spec = spec(tiling, 33, DType.BF16, WeightLayout.KN);
      PreparedGemm gemm = f.backend.gemm().prepare(spec);
      GemmArguments arguments = arguments(f, spec, 40, 304, 0);
      gemm.launch(f.stream(0), arguments);
      var p = f.driver.lastParameters.get("tile_gemm_mapped_bf16_kn_64x128x64_s8_c1");
      assertThat(f.driver.matrices.get(p.matrix(TileGemmMaps.B)))
          .isEqualTo(
              new FakeDriver.Matrix(DType.BF16, arguments.b().address(), 300, 33, 608, 64, 64));
      assertThat(p.blocks()).isEqualTo(6);
    }
  }

  @Test
  void aPairOfBlocksLoadsHalfOfTheDepthEach() {
    try (GpuFixture f = fixture()) {
      Tiling tiling = new Tiling(RowPartition.whole(200), 512, 128, 256);
      GemmSpec spec = spec(tiling, 64, DType.BF16, WeightLayout.KN);
      GemmArguments arguments = arguments(f, spec, 64, 512, 0);
      f.backend.gemm().prepare(spec).launch(f.stream(0), arguments);
      var p = f.driver.lastParameters.get("tile_gemm_mapped_bf16_kn_128x256x64_s4_c2");
      assertThat(f.driver.matrices.get(p.matrix(TileGemmMaps.B)))
          .isEqualTo(
              new FakeDriver.Matrix(DType.BF16, arguments.b().address(), 512, 64, 1024, 64, 32));
    }
  }

  @Test
  void bytesHaveLargerBoxes() {
    try (GpuFixture f = fixture()) {
      Tiling tiling = new Tiling(RowPartition.whole(5), 300, 16, 128);
      GemmSpec spec = spec(tiling, 100, DType.INT8, WeightLayout.NK);
      PreparedGemm gemm = f.backend.gemm().prepare(spec);
      gemm.launch(f.stream(0), arguments(f, spec, 112, 128, 16));
      var p = f.driver.lastParameters.get("tile_gemm_mapped_int8_nk_16x128x128_s10_c1");
      FakeDriver.Matrix a = f.driver.matrices.get(p.matrix(TileGemmMaps.A));
      FakeDriver.Matrix b = f.driver.matrices.get(p.matrix(TileGemmMaps.B));
      assertThat(a.innerBox()).isEqualTo(128);
      assertThat(a.outerBox()).isEqualTo(16);
      assertThat(a.pitch()).isEqualTo(112);
      assertThat(b.outerBox()).isEqualTo(128);
      assertThat(b.pitch()).isEqualTo(128);
    }
  }

  @Test
  void descriptionsAreKeptWhileOperandsStay() {
    try (GpuFixture f = fixture()) {
      GemmSpec spec = bf16(new Tiling(RowPartition.whole(200), 300, 128, 256), 96);
      PreparedGemm gemm = f.backend.gemm().prepare(spec);
      Stream stream = f.stream(0);
      GemmArguments first = arguments(f, spec, 104, 96, 0);
      gemm.launch(stream, first);
      int before = f.driver.matrices.size();
      gemm.launch(stream, first);
      gemm.launch(stream, first.d(f.memory(0, 200 * 300 * 4), 0, 300));
      assertThat(f.driver.matrices).hasSize(before);
      var same = f.driver.lastParameters.get(PAIRED);
      assertThat(same.matrix(TileGemmMaps.A)).isEqualTo(before - 2);
      DeviceMemory other = f.memory(0, 300 * 96 * 2);
      gemm.launch(stream, first.b(other, 0, 96));
      assertThat(f.driver.matrices).hasSize(before + 1);
      assertThat(f.driver.matrices.get(before).address()).isEqualTo(other.address());
      gemm.launch(stream, first.a(first.a(), 0, 96));
      assertThat(f.driver.matrices).hasSize(before + 2);
      assertThat(f.driver.matrices.get(before + 1).pitch()).isEqualTo(192);
      var last = f.driver.lastParameters.get(PAIRED);
      assertThat(last.matrix(TileGemmMaps.A)).isEqualTo(before + 1);
      assertThat(last.matrix(TileGemmMaps.B)).isEqualTo(before);
    }
  }

  @Test
  void aDescriptionThatFailedIsNotTakenForMade() {
    try (GpuFixture f = fixture()) {
      GemmSpec spec = bf16(new Tiling(RowPartition.whole(200), 300, 128, 256), 96);
      PreparedGemm gemm = f.backend.gemm().prepare(spec);
      GemmArguments arguments = arguments(f, spec, 96, 96, 0);
      f.driver.failures.put("describeMatrix", 1);
      assertThatThrownBy(() -> gemm.launch(f.stream(0), arguments))
          .hasMessageContaining("describeMatrix");
      f.driver.failures.clear();
      f.driver.take();
      gemm.launch(f.stream(0), arguments);
      assertThat(f.driver.take()).containsExactly("describeMatrix", "describeMatrix", PAIRED);
    }
  }

  @Test
  void whatCannotBeDescribedIsReadByTheGeneralKernelOnTheSameTiles() {
    try (GpuFixture f = fixture()) {
      GemmSpec spec = bf16(new Tiling(RowPartition.whole(200), 300, 128, 256), 90);
      PreparedGemm gemm = f.backend.gemm().prepare(spec);
      Stream stream = f.stream(0);
      int[][] misfits = {{96, 96, 2}, {90, 96, 0}, {96, 91, 0}, {100, 96, 0}};
      for (int[] misfit : misfits) {
        GemmArguments arguments = arguments(f, spec, misfit[0], misfit[1], misfit[2]);
        f.driver.take();
        gemm.launch(stream, arguments);
        assertThat(f.driver.take()).as("%s", misfit).containsExactly(PLAIN);
        var p = f.driver.lastParameters.get(PLAIN);
        assertThat(p.getLong(TileGemmParams.A)).isEqualTo(arguments.a().address() + misfit[2]);
        assertThat(p.blocks()).isEqualTo(4);
        assertThat(p.shared()).isEqualTo(144 << 10);
      }
      gemm.launch(stream, arguments(f, spec, 96, 104, 16));
      assertThat(f.driver.take()).endsWith(PAIRED);
    }
  }

  @Test
  void oneRowMayHaveAnyStride() {
    try (GpuFixture f = fixture()) {
      GemmSpec spec = bf16(new Tiling(RowPartition.whole(1), 300, 16, 128), 96);
      PreparedGemm gemm = f.backend.gemm().prepare(spec);
      GemmArguments arguments = arguments(f, spec, 96, 96, 0);
      f.driver.take();
      gemm.launch(f.stream(0), arguments.a(arguments.a(), 0, 0));
      // A pitch below the width is none that the engine takes.
      assertThat(f.driver.take()).containsExactly("tile_gemm_bf16_nk_16x128x64_s4");
    }
  }

  @Test
  void whatTheKernelsDoNotTakeIsTheGeneralOnesFromTheBeginning() {
    try (GpuFixture f = fixture()) {
      Tiling tiling = new Tiling(RowPartition.whole(200), 300, 128, 256);
      Tiling other = new Tiling(RowPartition.whole(200), 300, 128, 128);
      f.driver.take();
      for (GemmSpec spec :
          new GemmSpec[] {
            bf16(tiling, 0),
            spec(tiling, 64, DType.FP16, WeightLayout.NK),
            spec(tiling, 64, DType.INT8, WeightLayout.KN),
            bf16(other, 64)
          }) {
        f.backend.gemm().prepare(spec);
        assertThat(f.driver.take())
            .as("%s", spec)
            .doesNotContain("describeMatrix")
            .noneMatch(call -> call.contains("mapped"));
      }
      Tiling nothing = new Tiling(RowPartition.whole(0), 300, 128, 256);
      GemmSpec empty = bf16(nothing, 64);
      f.backend.gemm().prepare(empty).launch(f.stream(0), arguments(f, empty, 64, 64, 0));
      assertThat(f.driver.take()).doesNotContain("describeMatrix", PAIRED);
    }
  }

  @Test
  void tilesAreChosenFromTheKernelsThatServe() {
    try (GpuFixture f = fixture()) {
      RowPartition rows = RowPartition.whole(8192);
      Tiling mapped =
          f.backend
              .gemm()
              .tiling(0, rows, 128, 64, DType.BF16, DType.FP32, WeightLayout.NK, 128, 128);
      assertThat(mapped.tileRows() + "x" + mapped.tileCols()).isNotEqualTo("128x128");
      Tiling general =
          f.backend
              .gemm()
              .tiling(0, rows, 128, 64, DType.FP16, DType.FP32, WeightLayout.NK, 128, 128);
      assertThat(general.tileRows() + "x" + general.tileCols()).isEqualTo("128x128");
    }
  }

  private static int blocks(GpuFixture f, GemmSpec spec) {
    try (PreparedGemm gemm = f.backend.gemm().prepare(spec)) {
      return ((GpuPreparedGemm) gemm).blocks();
    }
  }

  @Test
  void theGridIsWholeClustersThatAreResidentBesideOthers() {
    try (GpuFixture f = fixture()) {
      Epoch epoch = f.backend.signals().newEpoch(0);
      SignalArray words = f.backend.signals().allocate("words", 20);
      Tiling large = new Tiling(RowPartition.whole(1 << 14), 1 << 14, 128, 256);
      GemmSpec plain = bf16(large, 64);
      TileGate gate = new TileGate.Words(words, new int[128], new int[128], Target.THIS_LAUNCH);
      TilePost post = new TilePost.Counters(words, new int[large.tiles()], TilePost.At.SELF);
      GemmSpec gated =
          plain.withHooks(TileOrder.NATURAL, gate, TileRoute.LOCAL, TilePost.NONE, epoch);
      GemmSpec posting =
          plain.withHooks(TileOrder.NATURAL, TileGate.NONE, TileRoute.LOCAL, post, epoch);
      assertThat(blocks(f, plain)).isEqualTo(132);
      // Whole clusters: no more stay away than hold what is kept.
      assertThat(blocks(f, plain.withReservedUnits(12))).isEqualTo(120);
      assertThat(blocks(f, gated)).isEqualTo(130);
      assertThat(blocks(f, posting)).isEqualTo(128);
      // Blocks on their own take what is left, as the general kernels do.
      Tiling single = new Tiling(RowPartition.whole(1 << 14), 1 << 14, 64, 128);
      assertThat(blocks(f, bf16(single, 64).withReservedUnits(12))).isEqualTo(120);
    }
    FakeDriver torn = new FakeDriver();
    torn.clusters = 61;
    try (GpuFixture f = new GpuFixture(GpuFixture.MAPPING, torn)) {
      Tiling large = new Tiling(RowPartition.whole(1 << 14), 1 << 14, 128, 256);
      assertThat(blocks(f, bf16(large, 64))).isEqualTo(122);
    }
  }

  @Test
  void splitsShareOnePlaceForPartialSums() {
    try (GpuFixture f = fixture("fake.splits", "3")) {
      GemmSpec spec = bf16(new Tiling(RowPartition.whole(300), 256, 128, 256), 512);
      PreparedGemm gemm = f.backend.gemm().prepare(spec);
      gemm.launch(f.stream(0), arguments(f, spec, 512, 512, 0));
      var p = f.driver.lastParameters.get(PAIRED);
      assertThat(p.getInt(TileGemmParams.SPLITS)).isEqualTo(3);
      // Three tiles are two turns of a pair, three times.
      assertThat(p.blocks()).isEqualTo(12);
      gemm.launch(f.stream(0), arguments(f, spec, 513, 512, 0));
      var q = f.driver.lastParameters.get(PLAIN);
      assertThat(q.getInt(TileGemmParams.SPLITS)).isEqualTo(3);
      assertThat(q.blocks()).isEqualTo(9);
      assertThat(q.getLong(TileGemmParams.PARTIALS)).isEqualTo(p.getLong(TileGemmParams.PARTIALS));
      assertThat(q.getLong(TileGemmParams.ARRIVALS)).isEqualTo(p.getLong(TileGemmParams.ARRIVALS));
    }
  }

  @Test
  void tilesThatWaitForDifferentWordsShareNoCluster() {
    try (GpuFixture f = fixture()) {
      Epoch epoch = f.backend.signals().newEpoch(0);
      SignalArray words = f.backend.signals().allocate("words", 20);
      // One tile in each of three shards, each with a word of its own.
      GemmSpec spec =
          bf16(new Tiling(new RowPartition(300, 3), 200, 128, 256), 64)
              .withHooks(
                  new TileOrder.Shards(new int[] {2, 0, 1}),
                  new TileGate.Words(
                      words, new int[] {0, 1, 2}, new int[] {1, 1, 1}, Target.THIS_LAUNCH),
                  TileRoute.LOCAL,
                  TilePost.NONE,
                  epoch);
      PreparedGemm gemm = f.backend.gemm().prepare(spec);
      gemm.launch(f.stream(0), arguments(f, spec, 64, 64, 0));
      var p = f.driver.lastParameters.get(PAIRED);
      assertThat(p.getInt(TileGemmParams.ORDER_BY)).isEqualTo(2);
      assertThat(p.getInt(TileGemmParams.POSITIONS)).isEqualTo(6);
      long order = p.getLong(TileGemmParams.ORDER);
      int[] positions = {2, ~2, 0, ~0, 1, ~1};
      for (int i = 0; i < positions.length; i++) {
        assertThat(f.driver.memory.getInt(order + 4L * i)).isEqualTo(positions[i]);
      }
      assertThat(p.blocks()).isEqualTo(6);
      // The general kernel has no clusters, and gets the order as it is.
      gemm.launch(f.stream(0), arguments(f, spec, 65, 64, 0));
      var q = f.driver.lastParameters.get(PLAIN);
      assertThat(q.getInt(TileGemmParams.ORDER_BY)).isEqualTo(1);
      assertThat(q.getInt(TileGemmParams.POSITIONS)).isZero();
      assertThat(f.driver.memory.getInt(q.getLong(TileGemmParams.ORDER))).isEqualTo(2);
    }
  }

  @Test
  void aUserMayAskForOneSetOfKernels() {
    GemmSpec spec = bf16(new Tiling(RowPartition.whole(200), 300, 128, 256), 96);
    try (GpuFixture f = fixture("fake.kernels.arch", "plain")) {
      f.backend.gemm().prepare(spec).launch(f.stream(0), arguments(f, spec, 96, 96, 0));
      assertThat(f.driver.lastParameters).containsKey(PLAIN).doesNotContainKey(PAIRED);
      assertThat(f.backend.kernels().identity()).contains("tiles by plain,");
    }
    try (GpuFixture f = fixture("fake.kernels.arch", "mapped")) {
      f.backend.gemm().prepare(spec).launch(f.stream(0), arguments(f, spec, 96, 96, 0));
      assertThat(f.driver.lastParameters).containsKey(PAIRED);
      assertThat(f.backend.kernels().identity()).contains("tiles by mapped and plain,");
    }
    assertThatThrownBy(() -> fixture("fake.kernels.arch", "fast"))
        .isInstanceOf(InvalidArgumentException.class)
        .hasMessageContaining("fake.kernels.arch")
        .hasMessageContaining("[mapped, plain]");
  }

  @Test
  void kernelsThatAreNotThereAreMissedOnlyByWhoAsksForThem() {
    // A platform that has them, and a store that has not.
    Platform platform = new FakePlatform(true);
    GemmSpec spec = bf16(new Tiling(RowPartition.whole(200), 300, 128, 256), 96);
    try (GpuFixture f = new GpuFixture(platform, new FakeDriver())) {
      f.backend.gemm().prepare(spec).launch(f.stream(0), arguments(f, spec, 96, 96, 0));
      assertThat(f.driver.lastParameters).containsKey(PLAIN);
    }
    assertThatThrownBy(
            () -> new GpuFixture(platform, new FakeDriver(), "fake.kernels.arch", "mapped"))
        .isInstanceOf(CounterpointException.class)
        .hasMessageContaining("'mapped' were asked for")
        .hasMessageContaining("a test");
  }

  @Test
  void nothingIsAllocatedWhileOperandsStay() {
    try (GpuFixture f = fixture()) {
      GemmSpec spec = bf16(new Tiling(RowPartition.whole(200), 300, 128, 256), 96);
      ParameterBlock block = new ParameterBlock(f.driver, TileGemmParams.SIZE, TileGemmMaps.SIZE);
      TileConfig config =
          new TileTable(FakePlatform.MAPPED, 132, null, 0)
              .config(DType.BF16, WeightLayout.NK, spec.tiling());
      OperandMaps maps = new OperandMaps(f.driver, spec, config, block);
      var threads = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
      long once = allocated(threads, maps, 1);
      long often = allocated(threads, maps, 100_000);
      assertThat(often).isLessThan(once + 100_000);
      assertThat(f.driver.matrices).hasSize(2);
    }
  }

  private static long allocated(
      com.sun.management.ThreadMXBean threads, OperandMaps maps, int times) {
    long before = threads.getCurrentThreadAllocatedBytes();
    for (int i = 0; i < times; i++) {
      if (maps.fit(1024, maps.pitch(96), 2048, maps.pitch(96))) {
        maps.describe(1024, maps.pitch(96), 2048, maps.pitch(96));
      }
    }
    return threads.getCurrentThreadAllocatedBytes() - before;
  }
}
