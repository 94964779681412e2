package dev.counterpoint.cli.bench;

import dev.counterpoint.DType;
import dev.counterpoint.GemmProblem;
import dev.counterpoint.Norm;
import dev.counterpoint.Rank;
import dev.counterpoint.Tensor;
import dev.counterpoint.WeightLayout;
import dev.counterpoint.World;
import dev.counterpoint.cli.Progress;
import dev.counterpoint.cli.report.ReorderReport;
import dev.counterpoint.core.measure.Samples;
import dev.counterpoint.core.measure.Stopwatch;
import dev.counterpoint.spi.Epilogue;
import dev.counterpoint.spi.GemmArguments;
import dev.counterpoint.spi.GemmEngine;
import dev.counterpoint.spi.GemmSpec;
import dev.counterpoint.spi.NormArguments;
import dev.counterpoint.spi.NormSpec;
import dev.counterpoint.spi.PreparedGemm;
import dev.counterpoint.spi.RowNorm;
import dev.counterpoint.spi.RowPartition;
import dev.counterpoint.spi.TileGate;
import dev.counterpoint.spi.TileOrder;
import dev.counterpoint.spi.TilePost;
import dev.counterpoint.spi.TileRoute;
import dev.counterpoint.spi.Tiling;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.IntStream;

/**
 * Measures what the signaled strategy's packed tiles cost by themselves, without communication: the
 * tile GEMM that packs its tiles beside the one that stores rows, and norms that read tiles through
 * the map beside norms of rows. Every rank has the whole problem, and all begin together. After the
 * measurements of FlashOverlap (EuroSys '26).
 */
final class ReorderOverhead implements AutoCloseable {
  /** So many follow each other in one run: what a run takes besides counts less. */
  private static final int LAUNCHES = 4;

  private static final float EPS = 1e-5f;

  /** What one rank launches. */
  private record Kernels(
      PreparedGemm gemm, GemmArguments arguments, RowNorm.PreparedNorm norm, NormArguments rows) {}

  private final BenchRequest request;
  private final GemmProblem problem;
  private final World world;
  private final Tiling tiling;
  private final int[] slots;
  private final List<Runnable> closing = new ArrayList<>();
  private final List<Kernels> inPlace = new ArrayList<>();
  private final List<Kernels> packed = new ArrayList<>();
  private final List<Tensor> ofRows = new ArrayList<>();
  private final List<Tensor> ofTiles = new ArrayList<>();

  private ReorderOverhead(BenchRequest request, World world) {
    this.request = request;
    this.world = world;
    problem = request.problem();
    tiling =
        world
            .backend()
            .gemm()
            .tiling(
                0,
                RowPartition.whole(problem.m()),
                problem.n(),
                problem.k(),
                problem.inputType(),
                problem.outputType(),
                problem.weightLayout(),
                request.tuning().tileRows(),
                request.tuning().tileCols());
    slots = IntStream.range(0, tiling.tiles()).toArray(); // an all-reduce's map: group after group
  }

  /** Opens a world and measures. */
  static ReorderReport run(BenchRequest request, Progress progress) {
    progress.begin("opening", -1);
    try (World world = World.open(request.world());
        ReorderOverhead overhead = new ReorderOverhead(request, world)) {
      world.localRanks().forEach(overhead::prepare);
      return overhead.measure(progress);
    }
  }

  private Tensor allocate(Rank rank, DType dtype, int rows, int cols) {
    Tensor tensor = rank.allocate(dtype, rows, cols);
    closing.add(tensor::close);
    return tensor;
  }

  private Tensor random(Rank rank, int role, DType dtype, int rows, int cols) {
    Tensor tensor = allocate(rank, dtype, rows, cols);
    SeededMatrix data = new SeededMatrix(request.seed() + role, dtype, problem.k());
    TensorIo.upload(tensor, (row, line) -> data.bits(row, 0, line));
    return tensor;
  }

  private void prepare(Rank rank) {
    DType in = problem.inputType();
    DType out = problem.outputType();
    boolean byRows = problem.weightLayout() == WeightLayout.NK;
    Tensor a = random(rank, 1, in, problem.m(), problem.k());
    Tensor b =
        random(rank, 2, in, byRows ? problem.n() : problem.k(), byRows ? problem.k() : problem.n());
    Tensor weight = random(rank, 3, out, 1, problem.n());
    Tensor rows = allocate(rank, out, problem.m(), problem.n());
    Tensor tiles = allocate(rank, out, tiling.tiles() * tiling.tileRows(), tiling.tileCols());
    ofRows.add(allocate(rank, out, problem.m(), problem.n()));
    ofTiles.add(allocate(rank, out, problem.m(), problem.n()));
    GemmSpec plain =
        GemmSpec.plain(
            "reorder/gemm",
            rank.index(),
            tiling,
            problem.k(),
            in,
            out,
            problem.weightLayout(),
            GemmEngine.TILE,
            Epilogue.plain(problem.m()));
    GemmSpec packing =
        plain.withHooks(
            TileOrder.NATURAL, TileGate.NONE, new TileRoute.Packed(slots), TilePost.NONE, null);
    Norm norm = Norm.rms(EPS);
    NormSpec ofRow =
        NormSpec.inPlace("reorder/norm", rank.index(), problem.m(), problem.n(), out, norm);
    NormSpec ofTile = NormSpec.packed("reorder/norm", rank.index(), out, norm, tiling, slots);
    inPlace.add(kernels(plain, ofRow, a, b, rows, weight, ofRows.get(rank.index())));
    packed.add(kernels(packing, ofTile, a, b, tiles, weight, ofTiles.get(rank.index())));
  }

  private Kernels kernels(
      GemmSpec gemm,
      NormSpec norm,
      Tensor a,
      Tensor b,
      Tensor product,
      Tensor weight,
      Tensor normalised) {
    PreparedGemm preparedGemm = world.backend().gemm().prepare(gemm);
    closing.add(preparedGemm::close);
    RowNorm.PreparedNorm preparedNorm = world.backend().norm().prepare(norm);
    closing.add(preparedNorm::close);
    return new Kernels(
        preparedGemm,
        new GemmArguments()
            .a(a.memory(), 0, a.rowStride())
            .b(b.memory(), 0, b.rowStride())
            .d(product.memory(), 0, product.rowStride()),
        preparedNorm,
        new NormArguments()
            .input(product.memory(), 0, product.rowStride())
            .weight(weight.memory())
            .output(normalised.memory(), 0, normalised.rowStride()));
  }

  private ReorderReport measure(Progress progress) {
    progress.begin("measuring", 2L * (request.warmup() + request.iterations()));
    List<ReorderReport.Row> rows = new ArrayList<>();
    try (Stopwatch stopwatch =
        new Stopwatch(world, request.world().waitTimeout().multipliedBy(2))) {
      rows.add(
          row(
              "tile GEMM",
              stopwatch,
              progress,
              rank -> gemm(rank, inPlace),
              rank -> gemm(rank, packed)));
      rows.add(
          row(
              "RMSNorm",
              stopwatch,
              progress,
              rank -> norm(rank, inPlace),
              rank -> norm(rank, packed)));
    }
    return new ReorderReport(
        ReportBuilder.machine(
            world,
            new LinkProbe.Bandwidth(0, "not measured"),
            request.chaotic(),
            "device time of " + LAUNCHES + " launches"),
        world.size(),
        ReportBuilder.problem(request, world.size()).sizes(),
        tiling.tileRows() + "×" + tiling.tileCols(),
        request.iterations(),
        same(),
        rows);
  }

  private void gemm(Rank rank, List<Kernels> kernels) {
    Kernels own = kernels.get(rank.index());
    own.gemm().launch(rank.stream(), own.arguments());
  }

  private void norm(Rank rank, List<Kernels> kernels) {
    Kernels own = kernels.get(rank.index());
    own.norm().launch(rank.stream(), own.rows());
  }

  /** Both in turn, so that a machine that grows busier does so for both. */
  private ReorderReport.Row row(
      String name,
      Stopwatch stopwatch,
      Progress progress,
      Consumer<Rank> rows,
      Consumer<Rank> tiles) {
    Samples ofRow = new Samples();
    Samples ofTile = new Samples();
    for (int round = -request.warmup(); round < request.iterations(); round++) {
      double first = micros(stopwatch, rows);
      double second = micros(stopwatch, tiles);
      if (round >= 0) {
        ofRow.add(first);
        ofTile.add(second);
      }
      progress.step(name);
    }
    double overhead = ofTile.median() / ofRow.median() - 1;
    return new ReorderReport.Row(name, ofRow.median(), ofTile.median(), overhead);
  }

  private static double micros(Stopwatch stopwatch, Consumer<Rank> work) {
    double all =
        stopwatch.micros(
            rank -> {
              for (int i = 0; i < LAUNCHES; i++) {
                work.accept(rank);
              }
            });
    return all / LAUNCHES;
  }

  private boolean same() {
    return IntStream.range(0, ofRows.size())
        .allMatch(
            rank ->
                new TensorIo.Reader(ofRows.get(rank)).fingerprint()
                    == new TensorIo.Reader(ofTiles.get(rank)).fingerprint());
  }

  @Override
  public void close() {
    for (int i = closing.size() - 1; i >= 0; i--) {
      closing.get(i).run();
    }
  }
}
