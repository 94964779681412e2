package dev.counterpoint.core.tuner;

import dev.counterpoint.DType;
import dev.counterpoint.Rank;
import dev.counterpoint.WeightLayout;
import dev.counterpoint.World;
import dev.counterpoint.core.measure.Samples;
import dev.counterpoint.core.measure.Stopwatch;
import dev.counterpoint.spi.Backend;
import dev.counterpoint.spi.Capability;
import dev.counterpoint.spi.DeviceBuffer;
import dev.counterpoint.spi.Epilogue;
import dev.counterpoint.spi.GemmArguments;
import dev.counterpoint.spi.GemmEngine;
import dev.counterpoint.spi.GemmSpec;
import dev.counterpoint.spi.PreparedGemm;
import dev.counterpoint.spi.RowPartition;
import dev.counterpoint.spi.Tiling;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Samples the time of unsplit GEMMs on a grid of sizes, on all ranks at the same time. */
final class GemmSampler implements AutoCloseable {
  private static final int RUNS = 5;

  /**
   * Sizes worth sampling, and how long one GEMM may take.
   *
   * @param budget microseconds; what is expected to take longer is extrapolated
   */
  private record Grid(
      List<Integer> rows, List<Integer> cols, List<Integer> inner, double budget, int reference) {
    static final Grid DEVICE =
        new Grid(
            List.of(16, 64, 256, 1024, 4096, 16384),
            List.of(128, 512, 2048, 8192),
            List.of(128, 512, 2048, 8192),
            20_000,
            4096);
    static final Grid EMULATED =
        new Grid(
            List.of(16, 64, 256, 1024, 2048),
            List.of(64, 256, 1024, 2048),
            List.of(64, 256, 1024, 2048),
            60_000,
            512);

    int points() {
      return rows.size() * cols.size() * inner.size();
    }

    long most(List<Integer> one, List<Integer> other) {
      return (long) one.get(one.size() - 1) * other.get(other.size() - 1);
    }
  }

  private static final int[] HEIGHTS = {64, 128, 256};

  private final World world;
  private final Backend backend;
  private final Stopwatch stopwatch;
  private final TuningProgress progress;
  private final DType input;
  private final DType output;
  private final WeightLayout layout;
  private final Machine machine;
  private final Grid grid;
  private final List<DeviceBuffer> buffers = new ArrayList<>();
  private final List<DeviceBuffer> a = new ArrayList<>();
  private final List<DeviceBuffer> b = new ArrayList<>();
  private final List<DeviceBuffer> d = new ArrayList<>();

  GemmSampler(
      World world,
      Stopwatch stopwatch,
      TuningProgress progress,
      DType input,
      DType output,
      WeightLayout layout) {
    this.world = world;
    this.stopwatch = stopwatch;
    this.progress = progress;
    this.input = input;
    this.output = output;
    this.layout = layout;
    backend = world.backend();
    machine = Machine.of(backend, input, output, layout);
    boolean emulated = world.localRanks().get(0).device().info().emulated();
    grid = emulated ? Grid.EMULATED : Grid.DEVICE;
    RandomData data = new RandomData(input);
    for (Rank rank : world.localRanks()) {
      a.add(buffer(rank, grid.most(grid.rows(), grid.inner()) * input.bytes(), data));
      b.add(buffer(rank, grid.most(grid.cols(), grid.inner()) * input.bytes(), data));
      d.add(buffer(rank, grid.most(grid.rows(), grid.cols()) * output.bytes(), null));
    }
  }

  private DeviceBuffer buffer(
      Rank rank, long bytes, @org.jspecify.annotations.Nullable RandomData data) {
    DeviceBuffer buffer = rank.device().allocate(bytes);
    buffers.add(buffer);
    if (data != null) {
      data.fill(rank, buffer.memory());
    }
    return buffer;
  }

  /** Whether the vendor's library multiplies, so that plain GEMMs are not the tile GEMM's. */
  boolean hasVendor() {
    return backend.capabilities().contains(Capability.VENDOR_GEMM);
  }

  /** One engine's table, with what incomplete waves waste taken out. */
  GemmTable table(GemmEngine engine) {
    progress.begin(
        "sampling the " + (engine == GemmEngine.TILE ? "tile" : "vendor") + " GEMM", grid.points());
    int inners = grid.inner().size();
    int strideOfRows = grid.cols().size() * inners;
    List<Double> times = new ArrayList<>();
    for (int m : grid.rows()) {
      for (int n : grid.cols()) {
        for (int k : grid.inner()) {
          int at = times.size();
          double expected = 0;
          if (m != grid.rows().get(0)) {
            expected = Math.max(expected, expected(times.get(at - strideOfRows), grid.rows(), m));
          }
          if (n != grid.cols().get(0)) {
            expected = Math.max(expected, expected(times.get(at - inners), grid.cols(), n));
          }
          if (k != grid.inner().get(0)) {
            expected = Math.max(expected, expected(times.get(at - 1), grid.inner(), k));
          }
          boolean tooLong = expected > 4 * grid.budget();
          times.add(tooLong ? -1.0 : micros(engine, m, n, k, 0) / machine.waste(m, n, k));
          progress.step(m + "×" + n + "×" + k);
        }
      }
    }
    return new GemmTable(grid.rows(), grid.cols(), grid.inner(), times);
  }

  /** What a neighbour's time leads to expect; far too long after one that was left out. */
  private double expected(double neighbour, List<Integer> axis, int value) {
    double ratio = (double) value / axis.get(axis.indexOf(value) - 1);
    return neighbour < 0 || neighbour > grid.budget() ? 8 * grid.budget() : neighbour * ratio;
  }

  /** By tile rows: time over that of the backend's own choice, at one size. */
  Map<Integer, Double> tileFactors() {
    int size = grid.reference();
    progress.begin("sampling tiles", HEIGHTS.length + 1L);
    int own = machine.tiles().of(RowPartition.whole(size), size, size, 0).tileRows();
    Map<Integer, Double> factors = new TreeMap<>();
    double base = micros(GemmEngine.TILE, size, size, size, own);
    factors.put(own, 1.0);
    progress.step("own");
    for (int height : HEIGHTS) {
      int actual = machine.tiles().of(RowPartition.whole(size), size, size, height).tileRows();
      if (!factors.containsKey(actual)) {
        factors.put(actual, micros(GemmEngine.TILE, size, size, size, height) / base);
      }
      progress.step(height + " rows");
    }
    return factors;
  }

  private double micros(GemmEngine engine, int m, int n, int k, int tileRows) {
    List<PreparedGemm> gemms = new ArrayList<>();
    List<GemmArguments> arguments = new ArrayList<>();
    try {
      for (Rank rank : world.localRanks()) {
        Tiling tiling = machine.tiles().of(RowPartition.whole(m), n, k, tileRows);
        gemms.add(
            backend
                .gemm()
                .prepare(
                    GemmSpec.plain(
                        "tuner/gemm",
                        rank.index(),
                        tiling,
                        k,
                        input,
                        output,
                        layout,
                        engine,
                        Epilogue.plain(m))));
        arguments.add(
            new GemmArguments()
                .a(a.get(rank.index()).memory(), 0, k)
                .b(b.get(rank.index()).memory(), 0, layout == WeightLayout.NK ? k : n)
                .d(d.get(rank.index()).memory(), 0, n));
      }
      Samples samples = new Samples();
      for (int run = -1; run < RUNS; run++) {
        double micros =
            stopwatch.micros(
                rank -> gemms.get(rank.index()).launch(rank.stream(), arguments.get(rank.index())));
        if (run >= 0) {
          samples.add(micros);
        }
      }
      return samples.median();
    } finally {
      gemms.forEach(PreparedGemm::close);
    }
  }

  @Override
  public void close() {
    buffers.forEach(DeviceBuffer::close);
  }
}
