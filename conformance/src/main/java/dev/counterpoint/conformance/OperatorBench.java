package dev.counterpoint.conformance;

import dev.counterpoint.AllGatherGemm;
import dev.counterpoint.DType;
import dev.counterpoint.NormTensors;
import dev.counterpoint.NormalizingPlan;
import dev.counterpoint.OperatorPlan;
import dev.counterpoint.OperatorSpec;
import dev.counterpoint.Scaling;
import dev.counterpoint.Shape;
import dev.counterpoint.Splits;
import dev.counterpoint.Tensor;
import dev.counterpoint.WeightLayout;
import dev.counterpoint.spi.Capability;
import dev.counterpoint.spi.DeviceMemory;
import dev.counterpoint.spi.RowPartition;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/** One operator on the test bench: plan, operands of every rank, and what every rank must get. */
final class OperatorBench {
  /** Elements before and behind each operand that nobody may write. */
  private static final int GUARD = 64;

  final OperatorCase shape;
  final Desk desk;
  final OperatorSpec spec;
  final OperatorPlan plan;
  final Operand[] input;
  final Operand[] weight;
  final Operand[] output;
  final @Nullable Operand[] bias;
  final Expected[] expected;
  private final int ranks;

  /** A matrix on the host and the tensor that holds it, with guards around it. */
  final class Operand {
    final int rank;
    final Matrix matrix;
    final DeviceMemory memory;
    final Tensor tensor;

    /** The factors of its blocks, which the tensor comes with. */
    final @Nullable Operand factors;

    Operand(int rank, Matrix matrix) {
      this(rank, matrix, null);
    }

    Operand(int rank, Matrix matrix, @Nullable Operand factors) {
      this.rank = rank;
      this.matrix = matrix;
      int guard = GUARD * matrix.type.bytes();
      memory = desk.rig.memory(rank, matrix.bytes() + 2L * guard);
      this.factors = factors;
      Tensor whole =
          desk.own(
              desk.rank(rank)
                  .wrap(
                      memory.address() + guard,
                      matrix.type,
                      matrix.rows,
                      matrix.cols,
                      matrix.stride));
      tensor = factors == null ? whole : whole.withScales(factors.tensor);
      reset();
    }

    /** Writes the matrix again. */
    void reset() {
      desk.rig.set(memory, Matrix.CANARY);
      desk.rig.write(memory, (long) GUARD * matrix.type.bytes(), matrix.layout());
    }

    /** Fills everything with the canary. */
    void clear() {
      desk.rig.set(memory, Matrix.CANARY);
    }

    Matrix read(String what) {
      byte[] content = desk.rig.read(memory);
      int guard = GUARD * matrix.type.bytes();
      Matrix.checkPadding(
          what, matrix.type, matrix.rows, matrix.cols, matrix.stride, content, guard);
      return Matrix.parse(matrix.type, matrix.rows, matrix.cols, matrix.stride, content, guard);
    }
  }

  OperatorBench(OperatorCase shape, Desk desk) {
    this(shape, desk, desk.own(desk.world.plan(shape.spec())));
  }

  /** Other operands for a plan that exists. */
  OperatorBench(OperatorCase shape, Desk desk, OperatorPlan plan) {
    this.shape = shape;
    this.desk = desk;
    this.ranks = desk.ranks;
    this.spec = shape.spec();
    this.plan = plan;
    Random random = desk.random;
    input = new Operand[ranks];
    weight = new Operand[ranks];
    output = new Operand[ranks];
    bias = new Operand[ranks];
    Matrix common = random(random, shape.out, 1, shape.n, 0);
    Matrix commonOutput = random(random, shape.out, shape.m, shape.n, shape.padding);
    for (int rank = 0; rank < ranks; rank++) {
      Shape w = spec.weightShape(rank, ranks);
      Shape o = spec.outputShape(rank, ranks);
      Shape i = spec.inputShape(rank, ranks);
      input[rank] =
          new Operand(
              rank,
              random(random, shape.in, i.rows(), i.cols(), shape.padding),
              factors(random, rank, spec.inputScalesShape(rank, ranks)));
      weight[rank] =
          new Operand(
              rank,
              random(random, shape.in, w.rows(), w.cols(), shape.padding),
              factors(random, rank, spec.weightScalesShape(rank, ranks)));
      boolean same = shape.kind == OperatorCase.Kind.AR;
      output[rank] =
          new Operand(
              rank,
              same ? commonOutput : random(random, shape.out, o.rows(), o.cols(), shape.padding));
      if (shape.bias) {
        boolean own = shape.kind == OperatorCase.Kind.AG;
        bias[rank] =
            new Operand(
                rank, own ? random(random, shape.out, 1, spec.biasLength(rank, ranks), 0) : common);
      }
    }
    expected = compute();
    clear();
  }

  private @Nullable Operand factors(Random random, int rank, Shape of) {
    if (shape.scaling != Scaling.BLOCKS) {
      return null;
    }
    return new Operand(
        rank, BlockFactors.random(random, of.rows(), of.cols(), shape.padding, shape.integers));
  }

  private Matrix random(Random random, DType type, int rows, int cols, int padding) {
    return Matrix.random(random, type, rows, cols, Math.max(1, cols + padding), shape.integers);
  }

  /** The same operands, and outputs, for another plan of the same shapes. */
  private OperatorBench(OperatorBench other, OperatorPlan plan) {
    shape = other.shape;
    desk = other.desk;
    ranks = other.ranks;
    spec = plan.spec();
    this.plan = plan;
    input = other.input;
    weight = other.weight;
    output = other.output;
    bias = other.bias;
    expected = other.expected;
  }

  OperatorBench with(OperatorPlan other) {
    return new OperatorBench(this, other);
  }

  /**
   * Puts the outputs back to what they were, which is the canary unless beta makes them an operand.
   */
  void clear() {
    for (Operand operand : output) {
      if (shape.beta == 0) {
        operand.clear();
      } else {
        operand.reset();
      }
    }
  }

  private double weightAt(int rank, int col, int p) {
    return shape.layout == WeightLayout.NK
        ? weight[rank].matrix.at(col, p)
        : weight[rank].matrix.at(p, col);
  }

  private Expected[] compute() {
    Expected[] results = new Expected[ranks];
    RowPartition rows = new RowPartition(shape.m, ranks);
    for (int rank = 0; rank < ranks; rank++) {
      Matrix target = output[rank].matrix;
      Expected result = new Expected(target.rows, target.cols);
      result.terms = shape.k;
      result.ranks = ranks;
      if (shape.integers) {
        result.exact(shape.alpha, shape.beta);
      }
      result.roundedInput =
          shape.in == DType.FP32
              && !desk.world.backend().capabilities().contains(Capability.GEMM_FP32_FULL);
      for (int i = 0; i < target.rows; i++) {
        for (int j = 0; j < target.cols; j++) {
          product(result, rank, i, j, rows);
          if (shape.beta != 0) {
            double old = shape.beta * target.at(i, j);
            result.add(i, j, old, Math.abs(old));
          }
          Operand addend = bias[rank];
          if (addend != null) {
            result.add(i, j, addend.matrix.at(0, j), Math.abs(addend.matrix.at(0, j)));
          }
        }
      }
      results[rank] = result;
    }
    return results;
  }

  /** Adds the product that ends up in element [i, j] of a rank's output. */
  private void product(Expected result, int rank, int i, int j, RowPartition rows) {
    switch (shape.kind) {
      case AG -> {
        int owner = i / Math.max(1, rows.rowsPerShard());
        dot(result, i, j, input[owner], i - rows.start(owner), rank, j);
      }
      case RS -> {
        for (int from = 0; from < ranks; from++) {
          dot(result, i, j, input[from], rows.start(rank) + i, from, j);
        }
      }
      case AR -> {
        for (int from = 0; from < ranks; from++) {
          dot(result, i, j, input[from], i, from, j);
        }
      }
      case A2A -> {
        Splits splits = shape.splits;
        int from = source(splits, rank, i, rows);
        int row =
            splits == null
                ? rows.start(rank) + i % rows.rows(rank)
                : (int) (splits.sendStart(from, rank) + i - splits.receiveStart(from, rank));
        dot(result, i, j, input[from], row, from, j);
      }
    }
  }

  /** Where row i of a rank's output comes from. */
  private static int source(@Nullable Splits splits, int rank, int i, RowPartition rows) {
    if (splits == null) {
      return i / rows.rows(rank);
    }
    int from = 0;
    while (i >= splits.receiveStart(from, rank) + splits.count(from, rank)) {
      from++;
    }
    return from;
  }

  private void dot(Expected result, int i, int j, Operand a, int row, int weightRank, int col) {
    double sum = 0;
    double magnitude = 0;
    Operand rowFactors = a.factors;
    Operand colFactors = weight[weightRank].factors;
    for (int p = 0; p < a.matrix.cols; p++) {
      double term = a.matrix.at(row, p) * weightAt(weightRank, col, p);
      if (rowFactors != null && colFactors != null) {
        term *=
            BlockFactors.ofRow(rowFactors.matrix, row, p)
                * BlockFactors.ofColumn(colFactors.matrix, col, p);
      }
      sum += term;
      magnitude += Math.abs(term);
    }
    result.add(i, j, shape.alpha * sum, Math.abs(shape.alpha) * magnitude);
  }

  void launch(int rank) {
    Operand addend = bias[rank];
    plan.launch(
        desk.rank(rank),
        input[rank].tensor,
        weight[rank].tensor,
        addend == null ? null : addend.tensor,
        output[rank].tensor);
  }

  void launchNormalizing(int rank, NormTensors norm) {
    Operand addend = bias[rank];
    ((NormalizingPlan) plan)
        .launch(
            desk.rank(rank),
            input[rank].tensor,
            weight[rank].tensor,
            addend == null ? null : addend.tensor,
            output[rank].tensor,
            norm);
  }

  void launchGathering(int rank, Tensor gathered) {
    Operand addend = bias[rank];
    ((AllGatherGemm) plan)
        .launch(
            desk.rank(rank),
            input[rank].tensor,
            weight[rank].tensor,
            addend == null ? null : addend.tensor,
            output[rank].tensor,
            gathered);
  }

  /** One launch on every rank, each from its own thread. */
  void launchEverywhere() {
    desk.rig.onEachRank(this::launch);
  }

  void run() {
    launchEverywhere();
    desk.settle();
  }

  /** Every rank has the result, and nothing around any operand was written. */
  void check(String what) {
    for (int rank = 0; rank < ranks; rank++) {
      String where =
          what
              + ", "
              + shape
              + " ("
              + plan.strategy()
              + "), output of rank "
              + rank
              + " of "
              + ranks;
      expected[rank].check(where, output[rank].read(where));
      input[rank].read("input of rank " + rank + ", " + shape);
      weight[rank].read("weight of rank " + rank + ", " + shape);
    }
  }

  /** The outputs as bytes, one after the other. */
  byte[][] outputs() {
    byte[][] all = new byte[ranks][];
    for (int rank = 0; rank < ranks; rank++) {
      all[rank] = desk.rig.read(output[rank].memory);
    }
    return all;
  }
}
