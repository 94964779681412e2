package dev.counterpoint.backend.gpu;

import static org.assertj.core.api.Assertions.assertThat;

import dev.counterpoint.DType;
import dev.counterpoint.WeightLayout;
import dev.counterpoint.spi.BackendOptions;
import dev.counterpoint.spi.Bootstrap;
import dev.counterpoint.spi.DeviceMemory;
import dev.counterpoint.spi.Epilogue;
import dev.counterpoint.spi.GemmArguments;
import dev.counterpoint.spi.GemmEngine;
import dev.counterpoint.spi.GemmSpec;
import dev.counterpoint.spi.PreparedGemm;
import dev.counterpoint.spi.RowPartition;
import dev.counterpoint.spi.Stream;
import dev.counterpoint.spi.Tiling;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class VendorGemmTest {
  private final List<VendorBlas.Shape> shapes = new ArrayList<>();
  private final List<String> runs = new ArrayList<>();
  private int leastAlignment = 1;
  private boolean refusing;
  private int open;

  private final class FakeBlas implements VendorBlas {
    @Override
    public String version() {
      return "fake";
    }

    @Override
    public @Nullable Ready prepare(Shape shape) {
      if (shape.alignment() < leastAlignment) {
        return null;
      }
      shapes.add(shape);
      open++;
      return new Ready() {
        @Override
        public long workspaceBytes() {
          return 1024;
        }

        @Override
        public boolean run(long a, long b, long c, long d, long bias, long workspace, long stream) {
          if (refusing) {
            return false;
          }
          runs.add(
              shape.rows()
                  + " rows, beta "
                  + shape.beta()
                  + ", bias "
                  + shape.bias()
                  + ", c"
                  + (c == d ? "=d" : "")
                  + ", a+"
                  + (a & 0xffff)
                  + " d+"
                  + (d & 0xffff));
          return true;
        }

        @Override
        public void close() {
          open--;
        }
      };
    }

    @Override
    public void close() {
      runs.add("closed");
    }
  }

  private GpuBackend open(FakeDriver driver) {
    driver.devices = 1;
    BackendOptions options =
        new BackendOptions(0, Bootstrap.singleProcess(), Duration.ofSeconds(2), Map.of());
    return GpuSetup.open(
        GpuFixture.PLATFORM,
        GpuOptions.parse(GpuFixture.PLATFORM, options, 1),
        driver,
        GpuFixture.kernels(GpuFixture.PLATFORM.code()),
        FakeBlas::new,
        null);
  }

  private static GemmSpec spec(Epilogue epilogue, DType in, DType out) {
    Tiling tiling = new Tiling(RowPartition.whole(100), 64, 64, 128);
    return GemmSpec.plain(
        "v", 0, tiling, 32, in, out, WeightLayout.NK, GemmEngine.VENDOR, epilogue);
  }

  @Test
  void theWindowCutsTheRowsIntoThreeCalls() {
    assertThat(VendorPlan.parts(10, new Epilogue(1, 1, false, false, false, 3, 4)))
        .containsExactly(
            new VendorPlan.Part(0, 3, false),
            new VendorPlan.Part(3, 4, true),
            new VendorPlan.Part(7, 3, false));
    assertThat(VendorPlan.parts(10, new Epilogue(1, 0, true, false, false, 0, 10)))
        .containsExactly(new VendorPlan.Part(0, 10, true));
    assertThat(VendorPlan.parts(10, new Epilogue(1, 0, false, false, false, 2, 3)))
        .containsExactly(new VendorPlan.Part(0, 10, false));
    assertThat(VendorPlan.parts(10, new Epilogue(1, 1, true, false, false, 5, 0)))
        .containsExactly(new VendorPlan.Part(0, 10, false));
    assertThat(VendorPlan.parts(0, Epilogue.plain(0))).isEmpty();
  }

  @Test
  void whatTheLibraryHasNoKindOfGemmForIsOurs() {
    Epilogue plain = Epilogue.plain(100);
    assertThat(VendorPlan.suits(spec(plain, DType.BF16, DType.BF16))).isTrue();
    assertThat(VendorPlan.suits(spec(plain, DType.FP32, DType.BF16))).isFalse();
    assertThat(VendorPlan.suits(spec(plain, DType.INT8, DType.INT32))).isTrue();
    Epilogue bias = new Epilogue(1, 0, true, false, false, 0, 100);
    assertThat(VendorPlan.suits(spec(bias, DType.INT8, DType.INT32))).isFalse();
    Epilogue scaled = new Epilogue(1, 0, false, true, false, 0, 100);
    assertThat(VendorPlan.suits(spec(scaled, DType.BF16, DType.BF16))).isFalse();
  }

  @Test
  void theChoiceIsMadeOnceForEachCombination() {
    FakeDriver driver = new FakeDriver();
    try (GpuBackend backend = open(driver)) {
      Epilogue epilogue = new Epilogue(1, 0.5f, true, false, false, 10, 20);
      PreparedGemm gemm = backend.gemm().prepare(spec(epilogue, DType.BF16, DType.FP32));
      assertThat(shapes).hasSize(3);
      assertThat(runs).hasSize(3);
      runs.clear();
      Stream stream = backend.device(0).newStream("s", 0);
      GemmArguments arguments =
          new GemmArguments()
              .a(memory(backend, 100 * 40 * 2), 0, 32)
              .b(memory(backend, 64 * 32 * 2), 0, 32)
              .c(memory(backend, 20 * 64 * 4), 0, 64)
              .d(memory(backend, 100 * 64 * 4), 0, 64)
              .bias(memory(backend, 64 * 4));
      gemm.launch(stream, arguments);
      assertThat(shapes).hasSize(3);
      assertThat(runs).hasSize(3);
      assertThat(runs.get(0)).contains("20 rows, beta 0.5, bias true, c,");
      assertThat(runs.get(1)).contains("10 rows, beta 0.0, bias false, c=d");
      assertThat(runs.get(2)).contains("70 rows, beta 0.0, bias false, c=d");
      gemm.launch(stream, arguments.a(arguments.a(), 0, 40));
      assertThat(shapes).hasSize(6);
      assertThat(shapes.get(5).aStride()).isEqualTo(40);
      gemm.launch(stream, arguments);
      assertThat(shapes).hasSize(6);
    }
    assertThat(open).isZero();
    assertThat(runs).endsWith("closed");
  }

  @Test
  void whatTheLibraryTurnsDownRunsOnOurKernels() {
    leastAlignment = 16;
    FakeDriver driver = new FakeDriver();
    try (GpuBackend backend = open(driver)) {
      PreparedGemm gemm = backend.gemm().prepare(spec(Epilogue.plain(100), DType.BF16, DType.BF16));
      runs.clear();
      driver.take();
      DeviceMemory d = memory(backend, 100 * 65 * 2);
      gemm.launch(
          backend.device(0).newStream("s", 0),
          new GemmArguments()
              .a(memory(backend, 100 * 32 * 2), 0, 32)
              .b(memory(backend, 64 * 32 * 2), 0, 32)
              .d(d, 0, 65));
      assertThat(runs).isEmpty();
      assertThat(driver.take()).contains("tile_gemm_bf16_nk_64x128x64_s3");
    }
  }

  /** Seen with cuBLASLt: an algorithm that it offered, refused when it was run. */
  @Test
  void whatTheLibraryRefusesAfterAllRunsOnOurKernelsFromThenOn() {
    FakeDriver driver = new FakeDriver();
    try (GpuBackend backend = open(driver)) {
      PreparedGemm gemm = backend.gemm().prepare(spec(Epilogue.plain(100), DType.BF16, DType.BF16));
      Stream stream = backend.device(0).newStream("s", 0);
      GemmArguments arguments =
          new GemmArguments()
              .a(memory(backend, 100 * 32 * 2), 0, 32)
              .b(memory(backend, 64 * 32 * 2), 0, 32)
              .d(memory(backend, 100 * 64 * 2), 0, 64);
      runs.clear();
      driver.take();
      refusing = true;
      gemm.launch(stream, arguments);
      assertThat(driver.take()).contains("tile_gemm_bf16_nk_64x128x64_s3");
      refusing = false;
      gemm.launch(stream, arguments);
      assertThat(driver.take()).contains("tile_gemm_bf16_nk_64x128x64_s3");
      assertThat(runs).isEmpty();
    }
  }

  private static DeviceMemory memory(GpuBackend backend, int bytes) {
    return backend.device(0).allocate(bytes).memory();
  }
}
