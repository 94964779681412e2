package dev.counterpoint.core.operator;

import static org.assertj.core.api.Assertions.assertThat;

import dev.counterpoint.AllGatherGemm;
import dev.counterpoint.AllGatherGemmSpec;
import dev.counterpoint.DType;
import dev.counterpoint.GemmAllReduceSpec;
import dev.counterpoint.GemmAllToAllSpec;
import dev.counterpoint.Norm;
import dev.counterpoint.NormTensors;
import dev.counterpoint.NormalizingPlan;
import dev.counterpoint.OperatorPlan;
import dev.counterpoint.OperatorSpec;
import dev.counterpoint.Rank;
import dev.counterpoint.Shape;
import dev.counterpoint.Splits;
import dev.counterpoint.Tensor;
import dev.counterpoint.WeightLayout;
import dev.counterpoint.World;
import dev.counterpoint.WorldOptions;
import dev.counterpoint.core.BackendRegistry;
import dev.counterpoint.core.fake.RecordingBackend;
import dev.counterpoint.core.fake.Replay;
import dev.counterpoint.core.fake.Work;
import dev.counterpoint.core.world.DefaultWorldProvider;
import dev.counterpoint.spi.Capability;
import dev.counterpoint.spi.RowPartition;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/**
 * A plan launched several times on every rank of a recording backend, each time with operands of
 * its own, and the exact results that it should give.
 */
final class Scenario {
  private static final class Matrix {
    final Tensor tensor;
    final long[][] values;

    Matrix(Tensor tensor, Random random) {
      this.tensor = tensor;
      values = new long[tensor.rows()][tensor.cols()];
      for (long[] row : values) {
        for (int i = 0; i < row.length; i++) {
          row[i] = random.nextInt(-500, 500);
        }
      }
    }

    void load(Replay replay) {
      for (int row = 0; row < values.length; row++) {
        for (int col = 0; col < values[row].length; col++) {
          replay.put(tensor.memory(), row * tensor.rowStride() + col, values[row][col]);
        }
      }
    }

    void check(Replay replay, String name, long[][] wanted) {
      assertThat(wanted.length).isEqualTo(tensor.rows());
      long[][] found = new long[tensor.rows()][tensor.cols()];
      for (int row = 0; row < found.length; row++) {
        for (int col = 0; col < found[row].length; col++) {
          found[row][col] = replay.get(tensor.memory(), row * tensor.rowStride() + col);
        }
        for (int gap = tensor.cols(); row + 1 < found.length && gap < tensor.rowStride(); gap++) {
          assertThat(replay.untouched(tensor.memory(), row * tensor.rowStride() + gap))
              .as("gap after row %s of %s", row, name)
              .isTrue();
        }
      }
      assertThat(found).as(name).isDeepEqualTo(wanted);
    }
  }

  private record Launch(
      List<Matrix> inputs,
      List<Matrix> weights,
      List<Matrix> biases,
      List<Matrix> outputs,
      List<Matrix> gathered,
      List<NormMatrices> norms) {
    Launch() {
      this(
          new ArrayList<>(),
          new ArrayList<>(),
          new ArrayList<>(),
          new ArrayList<>(),
          new ArrayList<>(),
          new ArrayList<>());
    }
  }

  /** Operands of the norm of one rank; those that it does not want are there too. */
  private record NormMatrices(Matrix weight, Matrix bias, Matrix residual, Matrix sum) {
    NormTensors tensors(Norm norm) {
      return new NormTensors(
          weight.tensor,
          norm.bias() ? bias.tensor : null,
          norm.residual() ? residual.tensor : null,
          norm.sum() ? sum.tensor : null);
    }

    void load(Replay replay) {
      List.of(weight, bias, residual).forEach(matrix -> matrix.load(replay));
    }

    /** The sums of rows with the residual. */
    long[][] sums(Norm norm, long[][] rows) {
      long[][] sums = new long[rows.length][];
      for (int row = 0; row < rows.length; row++) {
        sums[row] = rows[row].clone();
        if (norm.residual()) {
          addTo(sums[row], residual.values[row], 1);
        }
      }
      return sums;
    }

    long[][] normalized(Norm norm, long[][] sums) {
      long[][] result = new long[sums.length][];
      for (int row = 0; row < sums.length; row++) {
        long[] own = sums[row];
        long total = Arrays.stream(own).sum();
        result[row] = new long[own.length];
        for (int col = 0; col < own.length; col++) {
          long addend = norm.bias() ? bias.values[0][col] : 0;
          result[row][col] = Work.Norm.element(total, own[col], weight.values[0][col], addend);
        }
      }
      return result;
    }
  }

  final RecordingBackend backend;
  final OperatorPlan plan;
  private final World world;
  private final OperatorSpec spec;
  private final int ranks;
  private final int gap;
  private final Random random = new Random(11);
  private final List<Launch> launches = new ArrayList<>();
  private final List<Tensor> tensors = new ArrayList<>();

  /** Opens a world of its own; every operand has {@code gap} elements between its rows. */
  Scenario(OperatorSpec spec, int ranks, int gap, int units) {
    this(spec, ranks, gap, units, EnumSet.of(Capability.PEER_ACCESS));
  }

  /** The same on a backend that can do what is given. */
  Scenario(OperatorSpec spec, int ranks, int gap, int units, EnumSet<Capability> capabilities) {
    this.spec = spec;
    this.ranks = ranks;
    this.gap = gap;
    backend = new RecordingBackend(ranks, capabilities, units);
    world =
        DefaultWorldProvider.open(
            WorldOptions.defaults(), BackendRegistry.of(List.of(backend.provider())));
    plan = world.plan(spec);
  }

  private Matrix matrix(Rank rank, String name, Shape shape) {
    Tensor whole = rank.allocate(DType.FP32, shape.rows(), shape.cols() + gap);
    tensors.add(whole);
    backend.journal().name(whole.memory(), name);
    return new Matrix(
        rank.wrap(
            whole.memory().address(), DType.FP32, shape.rows(), shape.cols(), shape.cols() + gap),
        random);
  }

  /** Enqueues one launch on each rank, the last rank first. */
  void launch(boolean gathered) {
    Launch launch = new Launch();
    launches.add(launch);
    for (Rank rank : world.localRanks()) {
      int r = rank.index();
      launch.inputs.add(matrix(rank, "input", spec.inputShape(r, ranks)));
      launch.weights.add(matrix(rank, "weight", spec.weightShape(r, ranks)));
      launch.biases.add(matrix(rank, "bias", new Shape(1, spec.biasLength(r, ranks))));
      launch.outputs.add(matrix(rank, "output", spec.outputShape(r, ranks)));
      launch.gathered.add(matrix(rank, "copy", new Shape(spec.problem().m(), spec.problem().k())));
      Shape columns = new Shape(1, spec.problem().n());
      launch.norms.add(
          new NormMatrices(
              matrix(rank, "norm weight", columns),
              matrix(rank, "norm bias", columns),
              matrix(rank, "residual", spec.outputShape(r, ranks)),
              matrix(rank, "sum", spec.outputShape(r, ranks))));
      if (r > 0 && !(spec instanceof AllGatherGemmSpec)) {
        // The same on all ranks where the specification says so.
        if (!(spec instanceof GemmAllToAllSpec)) {
          copy(launch.biases.get(0), launch.biases.get(r));
        }
        if (spec instanceof GemmAllReduceSpec) {
          copy(launch.outputs.get(0), launch.outputs.get(r));
        }
      }
    }
    for (int r = ranks - 1; r >= 0; r--) {
      Tensor bias = spec.problem().bias() ? launch.biases.get(r).tensor : null;
      Tensor input = launch.inputs.get(r).tensor;
      Tensor weight = launch.weights.get(r).tensor;
      Tensor output = launch.outputs.get(r).tensor;
      if (plan instanceof NormalizingPlan normalizing && spec.norm() != null) {
        NormTensors tensors = launch.norms.get(r).tensors(spec.norm());
        normalizing.launch(world.rank(r), input, weight, bias, output, tensors);
      } else if (plan instanceof AllGatherGemm ag && gathered) {
        ag.launch(world.rank(r), input, weight, bias, output, launch.gathered.get(r).tensor);
      } else {
        plan.launch(world.rank(r), input, weight, bias, output);
      }
    }
  }

  private static void copy(Matrix from, Matrix to) {
    for (int row = 0; row < from.values.length; row++) {
      System.arraycopy(from.values[row], 0, to.values[row], 0, from.values[row].length);
    }
  }

  /** Executes everything in the order that belongs to a seed, and checks every result. */
  void check(long seed, boolean gathered) {
    Replay replay = new Replay(backend.journal(), ranks, seed);
    for (Launch launch : launches) {
      for (List<Matrix> all :
          List.of(launch.inputs, launch.weights, launch.biases, launch.outputs)) {
        all.forEach(matrix -> matrix.load(replay));
      }
      launch.norms.forEach(matrices -> matrices.load(replay));
    }
    replay.run();
    for (int i = 0; i < launches.size(); i++) {
      Launch launch = launches.get(i);
      for (int r = 0; r < ranks; r++) {
        checkOutput(replay, launch, "output " + i + "@" + r, r);
        if (gathered) {
          launch.gathered.get(r).check(replay, "gathered " + i + "@" + r, rows(launch.inputs));
        }
      }
    }
  }

  private void checkOutput(Replay replay, Launch launch, String name, int r) {
    long[][] wanted = expected(launch, r);
    Norm norm = spec.norm();
    if (norm != null) {
      NormMatrices matrices = launch.norms.get(r);
      long[][] sums = matrices.sums(norm, wanted);
      if (norm.sum()) {
        matrices.sum.check(replay, "sum of " + name, sums);
      }
      wanted = matrices.normalized(norm, sums);
    }
    launch.outputs.get(r).check(replay, name, wanted);
  }

  private static long[][] rows(List<Matrix> matrices) {
    return matrices.stream().flatMap(m -> List.of(m.values).stream()).toArray(long[][]::new);
  }

  private long[][] expected(Launch launch, int r) {
    RowPartition shards = new RowPartition(spec.problem().m(), ranks);
    return switch (spec.operator()) {
      case "ag-gemm" -> {
        long[][] product = product(rows(launch.inputs), launch.weights.get(r));
        yield plus(product, 0, launch.outputs.get(r), bias(launch, r));
      }
      case "gemm-a2a" -> {
        List<long[]> received = new ArrayList<>();
        for (int source = 0; source < ranks; source++) {
          long[][] product = product(launch.inputs.get(source).values, launch.weights.get(source));
          addRow(product, bias(launch, source));
          Splits splits = ((GemmAllToAllSpec) spec).splits();
          int first = splits == null ? shards.start(r) : (int) splits.sendStart(source, r);
          int count = splits == null ? shards.rows(r) : (int) splits.count(source, r);
          received.addAll(List.of(slice(product, first, count)));
        }
        yield received.toArray(long[][]::new);
      }
      case "gemm-rs" ->
          plus(
              slice(total(launch), shards.start(r), shards.rows(r)),
              0,
              launch.outputs.get(r),
              bias(launch, r));
      default -> plus(total(launch), 0, launch.outputs.get(r), bias(launch, r));
    };
  }

  private long[][] total(Launch launch) {
    long[][] sum = new long[spec.problem().m()][spec.problem().n()];
    for (int source = 0; source < ranks; source++) {
      long[][] part = product(launch.inputs.get(source).values, launch.weights.get(source));
      for (int row = 0; row < sum.length; row++) {
        addTo(sum[row], part[row], 1);
      }
    }
    return sum;
  }

  private static long[][] slice(long[][] rows, int start, int count) {
    return Arrays.copyOfRange(rows, start, start + count);
  }

  private long @Nullable [] bias(Launch launch, int r) {
    return spec.problem().bias() ? launch.biases.get(r).values[0] : null;
  }

  private long[][] plus(long[][] product, int first, Matrix previous, long @Nullable [] bias) {
    for (int row = 0; row < product.length; row++) {
      addTo(product[row], previous.values[first + row], (long) spec.problem().beta());
    }
    addRow(product, bias);
    return product;
  }

  private static void addRow(long[][] product, long @Nullable [] bias) {
    for (long[] row : product) {
      if (bias != null) {
        addTo(row, bias, 1);
      }
    }
  }

  private static void addTo(long[] row, long[] more, long factor) {
    for (int i = 0; i < row.length; i++) {
      row[i] += factor * more[i];
    }
  }

  private long[][] product(long[][] a, Matrix weight) {
    boolean nk = spec.problem().weightLayout() == WeightLayout.NK;
    int cols = nk ? weight.tensor.rows() : weight.tensor.cols();
    long[][] product = new long[a.length][cols];
    for (int row = 0; row < a.length; row++) {
      for (int col = 0; col < cols; col++) {
        for (int k = 0; k < a[row].length; k++) {
          product[row][col] += a[row][k] * (nk ? weight.values[col][k] : weight.values[k][col]);
        }
        product[row][col] *= (long) spec.problem().alpha();
      }
    }
    return product;
  }

  /** Closes everything, as a tidy user does. */
  void close() {
    tensors.forEach(Tensor::close);
    plan.close();
    world.close();
  }
}
