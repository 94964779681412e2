package dev.counterpoint.core.operator;

import static org.assertj.core.api.Assertions.assertThat;

import dev.counterpoint.AllGatherGemm;
import dev.counterpoint.AllGatherGemmSpec;
import dev.counterpoint.DType;
import dev.counterpoint.GemmAllReduceSpec;
import dev.counterpoint.GemmAllToAllSpec;
import dev.counterpoint.OperatorPlan;
import dev.counterpoint.OperatorSpec;
import dev.counterpoint.Rank;
import dev.counterpoint.Shape;
import dev.counterpoint.Tensor;
import dev.counterpoint.WeightLayout;
import dev.counterpoint.World;
import dev.counterpoint.WorldOptions;
import dev.counterpoint.core.BackendRegistry;
import dev.counterpoint.core.fake.RecordingBackend;
import dev.counterpoint.core.fake.Replay;
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
      List<Matrix> gathered) {
    Launch() {
      this(
          new ArrayList<>(),
          new ArrayList<>(),
          new ArrayList<>(),
          new ArrayList<>(),
          new ArrayList<>());
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
  Scenario(OperatorSpec spec, int ranks, int gap) {
    this.spec = spec;
    this.ranks = ranks;
    this.gap = gap;
    backend = new RecordingBackend(ranks, EnumSet.of(Capability.PEER_ACCESS));
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
      if (plan instanceof AllGatherGemm ag && gathered) {
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
    }
    replay.run();
    for (int i = 0; i < launches.size(); i++) {
      Launch launch = launches.get(i);
      for (int r = 0; r < ranks; r++) {
        launch.outputs.get(r).check(replay, "output " + i + "@" + r, expected(launch, r));
        if (gathered) {
          launch.gathered.get(r).check(replay, "gathered " + i + "@" + r, rows(launch.inputs));
        }
      }
    }
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
          for (int i = 0; i < shards.rows(r); i++) {
            received.add(product[shards.start(r) + i]);
          }
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
