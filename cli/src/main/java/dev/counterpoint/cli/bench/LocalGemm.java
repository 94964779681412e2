package dev.counterpoint.cli.bench;

import dev.counterpoint.GemmProblem;
import dev.counterpoint.Rank;
import dev.counterpoint.Shape;
import dev.counterpoint.Tensor;
import dev.counterpoint.World;
import dev.counterpoint.spi.Epilogue;
import dev.counterpoint.spi.GemmArguments;
import dev.counterpoint.spi.GemmEngine;
import dev.counterpoint.spi.GemmSpec;
import dev.counterpoint.spi.PreparedGemm;
import dev.counterpoint.spi.RowPartition;
import dev.counterpoint.spi.Tiling;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * The unsplit GEMM of the operator's local shape, on all ranks at once and without any
 * communication.
 */
final class LocalGemm implements Subject {
  private final GemmEngine engine;
  private final List<PreparedGemm> gemms = new ArrayList<>();
  private final List<GemmArguments> arguments = new ArrayList<>();

  private LocalGemm(GemmEngine engine) {
    this.engine = engine;
  }

  /**
   * Prepares it.
   *
   * @throws dev.counterpoint.UnsupportedCapabilityException if the backend lacks the engine or the
   *     types
   */
  static LocalGemm prepare(GemmEngine engine, Operands operands) {
    World world = operands.world();
    LocalGemm gemm = new LocalGemm(engine);
    try {
      for (Rank rank : world.localRanks()) {
        gemm.add(operands, rank);
      }
    } catch (RuntimeException e) {
      gemm.close();
      throw e;
    }
    return gemm;
  }

  private void add(Operands operands, Rank rank) {
    GemmProblem problem = operands.geometry().problem();
    Shape product = operands.geometry().localProduct(rank.index());
    int inner = operands.geometry().localInner(rank.index());
    Tiling tiling =
        operands
            .world()
            .backend()
            .gemm()
            .tiling(
                rank.index(),
                RowPartition.whole(product.rows()),
                product.cols(),
                inner,
                problem.inputType(),
                problem.outputType(),
                problem.weightLayout(),
                0,
                0);
    GemmSpec spec =
        GemmSpec.plain(
            name(),
            rank.index(),
            tiling,
            inner,
            problem.inputType(),
            problem.outputType(),
            problem.weightLayout(),
            engine,
            Epilogue.plain(product.rows()));
    gemms.add(operands.world().backend().gemm().prepare(spec));
    Operands.OfRank tensors = operands.of(rank);
    Tensor a = tensors.whole();
    Tensor b = tensors.weight();
    Tensor d = tensors.product();
    arguments.add(
        new GemmArguments()
            .a(a.memory(), 0, a.rowStride())
            .b(b.memory(), 0, b.rowStride())
            .d(d.memory(), 0, d.rowStride()));
  }

  @Override
  public String name() {
    return "gemm " + engine.name().toLowerCase(Locale.ROOT);
  }

  @Override
  public void enqueue(Rank rank) {
    gemms.get(rank.index()).launch(rank.stream(), arguments.get(rank.index()));
  }

  @Override
  public void close() {
    gemms.forEach(PreparedGemm::close);
  }
}
