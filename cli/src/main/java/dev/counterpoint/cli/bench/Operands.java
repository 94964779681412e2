package dev.counterpoint.cli.bench;

import dev.counterpoint.DType;
import dev.counterpoint.NormTensors;
import dev.counterpoint.OperatorSpec;
import dev.counterpoint.Rank;
import dev.counterpoint.Shape;
import dev.counterpoint.Tensor;
import dev.counterpoint.WeightLayout;
import dev.counterpoint.World;
import dev.counterpoint.spi.DeviceMemory;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The tensors of all ranks: those of the operator, filled with random data, and those that the
 * baselines need besides.
 */
final class Operands implements AutoCloseable {
  private final Geometry geometry;
  private final World world;
  private final List<OfRank> ranks;

  /**
   * One rank's tensors.
   *
   * @param output where the operator leaves its result
   * @param whole what the unsplit GEMM reads: the input, or all ranks' inputs where they are
   *     gathered
   * @param product what the unsplit GEMM writes and, where the collective follows it, what the
   *     collective reads
   * @param result what the collective alone writes
   * @param norm weight, residual and sum of a norm; null without one
   */
  record OfRank(
      Tensor input,
      Tensor weight,
      @Nullable Tensor bias,
      Tensor output,
      Tensor whole,
      Tensor product,
      Tensor result,
      @Nullable NormTensors norm) {
    /** What the collective alone reads. */
    Tensor send(Operator operator) {
      return operator == Operator.AG_GEMM ? input : product;
    }
  }

  private Operands(Geometry geometry, World world, List<OfRank> ranks) {
    this.geometry = geometry;
    this.world = world;
    this.ranks = ranks;
  }

  /** Allocates and fills everything. */
  static Operands create(Geometry geometry, World world) {
    List<OfRank> ranks = new ArrayList<>(Collections.nCopies(world.size(), null));
    world.onEachRank(rank -> ranks.set(rank.index(), create(geometry, rank)));
    return new Operands(geometry, world, ranks);
  }

  private static OfRank create(Geometry geometry, Rank rank) {
    OperatorSpec spec = geometry.spec();
    int r = rank.index();
    int n = geometry.ranks();
    DType in = geometry.problem().inputType();
    DType out = geometry.problem().outputType();
    // Collectives move blocks of one size: buffers that they touch are padded to a whole number of
    // full blocks.
    int padded = Math.multiplyExact(n, geometry.rows().rowsPerShard());
    boolean gathers = geometry.operator() == Operator.AG_GEMM;
    Shape shape = spec.inputShape(r, n);
    Tensor inputPadded =
        rank.allocate(in, gathers ? geometry.rows().rowsPerShard() : shape.rows(), shape.cols());
    Tensor input =
        gathers && inputPadded.rows() != shape.rows()
            ? inputPadded.rows(0, shape.rows())
            : inputPadded;
    Tensor weight = rank.allocate(in, spec.weightShape(r, n));
    Tensor bias = geometry.problem().bias() ? rank.allocate(out, 1, spec.biasLength(r, n)) : null;
    Tensor output = rank.allocate(out, spec.outputShape(r, n));
    Tensor whole = gathers ? rank.allocate(in, padded, geometry.problem().k()) : input;
    boolean divided = geometry.splits() != null;
    Tensor product =
        rank.allocate(
            out,
            gathers || divided ? geometry.localProduct(r).rows() : padded,
            geometry.localProduct(r).cols());
    Tensor result =
        switch (geometry.operator()) {
          case AG_GEMM -> whole;
          case GEMM_RS ->
              rank.allocate(out, geometry.rows().rowsPerShard(), geometry.problem().n());
          case GEMM_AR, GEMM_A2A ->
              rank.allocate(out, divided ? output.rows() : padded, geometry.problem().n());
        };
    NormTensors norm = norm(geometry, rank);
    OfRank tensors = new OfRank(input, weight, bias, output, whole, product, result, norm);
    fill(geometry, r, tensors, inputPadded);
    return tensors;
  }

  private static @Nullable NormTensors norm(Geometry geometry, Rank rank) {
    if (geometry.variant().norm() == null) {
      return null;
    }
    DType out = geometry.problem().outputType();
    Shape rows = geometry.spec().outputShape(rank.index(), geometry.ranks());
    return new NormTensors(
        rank.allocate(out, 1, geometry.problem().n()),
        null,
        rank.allocate(out, rows),
        rank.allocate(out, rows));
  }

  private static void fillNorm(Geometry geometry, int rank, NormTensors norm) {
    SeededMatrix weight = geometry.normWeight();
    TensorIo.upload(norm.weight(), (row, line) -> weight.bits(0, 0, line));
    SeededMatrix added = geometry.residual();
    int first = geometry.output(rank).get(0).row();
    Tensor residual = Objects.requireNonNull(norm.residual());
    TensorIo.upload(residual, (row, line) -> added.bits(first + row, 0, line));
  }

  private static void fill(Geometry geometry, int rank, OfRank tensors, Tensor inputPadded) {
    Geometry.Origin at = geometry.input(rank);
    SeededMatrix a = geometry.a(at.owner());
    TensorIo.upload(inputPadded, (row, line) -> a.bits(at.row() + row, at.col(), line));
    if (geometry.operator() == Operator.AG_GEMM) {
      TensorIo.upload(tensors.whole(), (row, line) -> a.bits(row, 0, line));
    }
    Geometry.Origin from = geometry.weight(rank);
    SeededMatrix b = geometry.b(from.owner());
    boolean rowsAreN = geometry.problem().weightLayout() == WeightLayout.NK;
    TensorIo.upload(
        tensors.weight(),
        (row, line) -> {
          if (rowsAreN) {
            b.bits(from.row() + row, from.col(), line);
            return;
          }
          for (int col = 0; col < line.length; col++) {
            line[col] = b.bits(from.row() + col, from.col() + row);
          }
        });
    SeededMatrix filler = geometry.bias(from.owner());
    if (tensors.bias() != null) {
      TensorIo.upload(tensors.bias(), (row, line) -> filler.bits(0, from.row(), line));
    }
    TensorIo.upload(tensors.product(), (row, line) -> filler.bits(row, 0, line));
    if (tensors.norm() != null) {
      fillNorm(geometry, rank, tensors.norm());
    }
  }

  Geometry geometry() {
    return geometry;
  }

  World world() {
    return world;
  }

  OfRank of(Rank rank) {
    return ranks.get(rank.index());
  }

  /**
   * Fills every output with NaN, or with a large number where there is none, so that what is not
   * written is noticed.
   */
  void poison() {
    byte value = (byte) (geometry.problem().outputType().isFloating() ? 0xff : 0x7f);
    world.onEachRank(
        rank -> {
          poison(rank, of(rank).output(), value);
          NormTensors norm = of(rank).norm();
          if (norm != null) {
            poison(rank, Objects.requireNonNull(norm.sum()), value);
          }
        });
  }

  private void poison(Rank rank, Tensor tensor, byte value) {
    DeviceMemory memory = tensor.memory();
    long bytes = tensor.shape().elements() * tensor.dtype().bytes();
    world.backend().transfers().fill(rank.stream(), memory, 0, bytes, value);
  }

  @Override
  public void close() {
    for (OfRank rank : ranks) {
      if (rank.norm() != null) {
        Objects.requireNonNull(rank.norm().sum()).close();
        Objects.requireNonNull(rank.norm().residual()).close();
        rank.norm().weight().close();
      }
      for (Tensor tensor :
          List.of(
              rank.result(),
              rank.product(),
              rank.whole(),
              rank.output(),
              rank.weight(),
              rank.input())) {
        tensor.close();
      }
      if (rank.bias() != null) {
        rank.bias().close();
      }
    }
  }
}
