package dev.counterpoint.core.tuner;

import dev.counterpoint.DType;
import dev.counterpoint.Rank;
import dev.counterpoint.WeightLayout;
import dev.counterpoint.World;
import dev.counterpoint.core.measure.Samples;
import dev.counterpoint.core.measure.Stopwatch;
import dev.counterpoint.core.strategy.RoutedOrder;
import dev.counterpoint.core.strategy.WideDevices;
import dev.counterpoint.spi.Backend;
import dev.counterpoint.spi.Capability;
import dev.counterpoint.spi.DeviceBuffer;
import dev.counterpoint.spi.Epilogue;
import dev.counterpoint.spi.GemmArguments;
import dev.counterpoint.spi.GemmEngine;
import dev.counterpoint.spi.GemmSpec;
import dev.counterpoint.spi.PreparedGemm;
import dev.counterpoint.spi.RowPartition;
import dev.counterpoint.spi.Stream;
import dev.counterpoint.spi.SymmetricBuffer;
import dev.counterpoint.spi.TileGate;
import dev.counterpoint.spi.TileOrder;
import dev.counterpoint.spi.TilePost;
import dev.counterpoint.spi.TileRoute;
import dev.counterpoint.spi.Tiling;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/** Samples the time of unsplit GEMMs on a grid of sizes, on all ranks at the same time. */
final class GemmSampler implements AutoCloseable {
  private static final int RUNS = 5;
  private static final int SEVERAL = 4;

  /** What a lone one takes besides does not matter in one this long. */
  private static final double LONG = 2000;

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

  /** One engine's table. */
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
          times.add(tooLong ? -1.0 : micros(engine, m, n, k, 0, 0));
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

  private double micros(GemmEngine engine, int m, int n, int k, int tileRows, int tileCols) {
    Tiling tiling = machine.tiles().of(RowPartition.whole(m), n, k, tileRows, tileCols);
    try (Gemms gemms = new Gemms(engine, tiling, k, 0)) {
      return median(gemms);
    }
  }

  /** What one of several launches of prepared GEMMs takes that follow each other. */
  double median(Gemms gemms) {
    double one = median(rank -> gemms.launch(rank, rank.stream()));
    if (one > LONG) {
      return one;
    }
    double all =
        median(
            rank -> {
              for (int i = 0; i < SEVERAL; i++) {
                gemms.launch(rank, rank.stream());
              }
            });
    return Repeats.each(one, all, SEVERAL);
  }

  private double median(Consumer<Rank> work) {
    Samples samples = new Samples();
    for (int run = -1; run < RUNS; run++) {
      double micros = stopwatch.micros(work);
      if (run >= 0) {
        samples.add(micros);
      }
    }
    return samples.median();
  }

  Machine machine() {
    return machine;
  }

  /** A size of which a GEMM fills any device and does not take long. */
  int reference() {
    return grid.reference();
  }

  int mostRows() {
    return grid.rows().get(grid.rows().size() - 1);
  }

  int mostCols() {
    return grid.cols().get(grid.cols().size() - 1);
  }

  int outputBytes() {
    return output.bytes();
  }

  /** GEMMs of all ranks, ready: without hooks, or with every tile stored at its owner. */
  final class Gemms implements AutoCloseable {
    private final List<PreparedGemm> gemms = new ArrayList<>();
    private final List<GemmArguments> arguments = new ArrayList<>();

    Gemms(GemmEngine engine, Tiling tiling, int k, int reserved) {
      for (Rank rank : world.localRanks()) {
        add(rank, plain(rank, engine, tiling, k).withReservedUnits(reserved), true);
      }
    }

    /** Stored in a symmetric buffer, in the order in which strategies do. */
    Gemms(Tiling tiling, int k, SymmetricBuffer target) {
      long slot = (long) tiling.partition().rowsPerShard() * tiling.cols() * output.bytes();
      for (Rank rank : world.localRanks()) {
        GemmSpec spec =
            plain(rank, GemmEngine.TILE, tiling, k)
                .withHooks(
                    new TileOrder.Table(
                        RoutedOrder.of(
                            tiling,
                            rank.index(),
                            tiling.tileRowsPerShard(),
                            WideDevices.areOf(machine.units()))),
                    TileGate.NONE,
                    new TileRoute.Owners(target, rank.index() * slot, tiling.cols(), null),
                    TilePost.NONE,
                    null);
        add(rank, spec, false);
      }
    }

    private GemmSpec plain(Rank rank, GemmEngine engine, Tiling tiling, int k) {
      int rows = tiling.partition().rows();
      return GemmSpec.plain(
          "tuner/gemm",
          rank.index(),
          tiling,
          k,
          input,
          output,
          layout,
          engine,
          Epilogue.plain(rows));
    }

    private void add(Rank rank, GemmSpec spec, boolean local) {
      gemms.add(backend.gemm().prepare(spec));
      int k = spec.k();
      int n = spec.cols();
      GemmArguments own =
          new GemmArguments()
              .a(a.get(rank.index()).memory(), 0, k)
              .b(b.get(rank.index()).memory(), 0, layout == WeightLayout.NK ? k : n);
      arguments.add(local ? own.d(d.get(rank.index()).memory(), 0, n) : own);
    }

    void launch(Rank rank, Stream stream) {
      gemms.get(rank.index()).launch(stream, arguments.get(rank.index()));
    }

    @Override
    public void close() {
      gemms.forEach(PreparedGemm::close);
    }
  }

  @Override
  public void close() {
    buffers.forEach(DeviceBuffer::close);
  }
}
