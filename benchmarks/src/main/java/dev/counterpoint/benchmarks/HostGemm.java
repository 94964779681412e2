package dev.counterpoint.benchmarks;

import dev.counterpoint.DType;
import dev.counterpoint.Rank;
import dev.counterpoint.Tensor;
import dev.counterpoint.WeightLayout;
import dev.counterpoint.World;
import dev.counterpoint.WorldOptions;
import dev.counterpoint.spi.Backend;
import dev.counterpoint.spi.Epilogue;
import dev.counterpoint.spi.GemmArguments;
import dev.counterpoint.spi.GemmEngine;
import dev.counterpoint.spi.GemmSpec;
import dev.counterpoint.spi.PreparedGemm;
import dev.counterpoint.spi.RowPartition;
import dev.counterpoint.spi.Tiling;
import java.time.Duration;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.openblas.global.openblas;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * The host backend's tile GEMM on one rank against one plain OpenBLAS call of the same size with as
 * many threads.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
@Fork(1)
public class HostGemm {
  @Param({"2048"})
  public int size;

  private World world;
  private Rank rank;
  private PreparedGemm tiles;
  private final GemmArguments arguments = new GemmArguments();
  private FloatPointer a;
  private FloatPointer b;
  private FloatPointer c;

  /** Fills the operands with random values. */
  @Setup
  public void open() {
    world = World.open(WorldOptions.defaults().withBackend("host").withRanks(1));
    rank = world.rank(0);
    float[] values = new float[size * size];
    Random random = new Random(1);
    for (int i = 0; i < values.length; i++) {
      values[i] = random.nextFloat() - 0.5f;
    }
    Tensor left = rank.allocate(DType.FP32, size, size).upload(values);
    Tensor right = rank.allocate(DType.FP32, size, size).upload(values);
    Tensor result = rank.allocate(DType.FP32, size, size);
    Backend backend = world.backend();
    Tiling tiling =
        backend
            .gemm()
            .tiling(
                0,
                RowPartition.whole(size),
                size,
                size,
                DType.FP32,
                DType.FP32,
                WeightLayout.NK,
                0,
                0);
    tiles =
        backend
            .gemm()
            .prepare(
                GemmSpec.plain(
                    "benchmark",
                    0,
                    tiling,
                    size,
                    DType.FP32,
                    DType.FP32,
                    WeightLayout.NK,
                    GemmEngine.TILE,
                    Epilogue.plain(size)));
    arguments.a(left.memory(), 0, size).b(right.memory(), 0, size).d(result.memory(), 0, size);
    a = new FloatPointer(values);
    b = new FloatPointer(values);
    c = new FloatPointer((long) size * size);
  }

  /** The tile GEMM, awaited. */
  @Benchmark
  public void tileGemm() {
    tiles.launch(rank.stream(), arguments);
    rank.stream().synchronize(Duration.ofSeconds(30));
  }

  /** One plain call. */
  @Benchmark
  public void plainOpenBlas() {
    openblas.blas_set_num_threads(Runtime.getRuntime().availableProcessors());
    openblas.cblas_sgemm(
        openblas.CblasRowMajor,
        openblas.CblasNoTrans,
        openblas.CblasTrans,
        size,
        size,
        size,
        1f,
        a,
        size,
        b,
        size,
        0f,
        c,
        size);
  }

  /** Closes the world. */
  @TearDown
  public void close() {
    tiles.close();
    world.close();
  }
}
