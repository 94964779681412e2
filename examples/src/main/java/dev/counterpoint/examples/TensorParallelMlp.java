package dev.counterpoint.examples;

import dev.counterpoint.AllGatherGemm;
import dev.counterpoint.AllGatherGemmSpec;
import dev.counterpoint.DType;
import dev.counterpoint.GemmReduceScatter;
import dev.counterpoint.GemmReduceScatterSpec;
import dev.counterpoint.Rank;
import dev.counterpoint.Tensor;
import dev.counterpoint.World;
import dev.counterpoint.WorldOptions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * The feed-forward block of a transformer, tensor-parallel over all local devices, with its
 * communication hidden: a column-parallel linear layer (all-gather + GEMM), an activation, a
 * row-parallel linear layer (GEMM + reduce-scatter).
 *
 * <p>Each rank holds ⌈tokens/R⌉ rows of the activations, and ⌈hidden/R⌉ columns of the first and
 * rows of the second weight.
 */
public final class TensorParallelMlp implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  // README: begin
  private final World world;
  private final AllGatherGemm up;
  private final GemmReduceScatter down;
  private final List<Layer> layers = new ArrayList<>(); // one per rank

  /** What one rank holds. */
  record Layer(Tensor x, Tensor wUp, Tensor hidden, Tensor wDown, Tensor y) {}

  TensorParallelMlp(World world, int tokens, int model, int hidden) {
    this.world = world;
    var upSpec = AllGatherGemmSpec.builder().m(tokens).n(hidden).k(model).dtype(DType.FP32).build();
    var downSpec =
        GemmReduceScatterSpec.builder().m(tokens).n(model).k(hidden).dtype(DType.FP32).build();
    up = world.plan(upSpec); // chooses strategy and tiles, allocates symmetric workspace
    down = world.plan(downSpec);
    for (Rank rank : world.localRanks()) {
      int r = rank.index();
      int n = world.size();
      layers.add(
          new Layer(
              rank.allocate(DType.FP32, upSpec.inputShape(r, n)),
              rank.allocate(DType.FP32, upSpec.weightShape(r, n)),
              rank.allocate(DType.FP32, upSpec.outputShape(r, n)),
              rank.allocate(DType.FP32, downSpec.weightShape(r, n)),
              rank.allocate(DType.FP32, downSpec.outputShape(r, n))));
    }
  }

  void forward() {
    world.onEachRank(
        rank -> {
          Layer layer = layers.get(rank.index());
          up.launch(rank, layer.x(), layer.wUp(), layer.hidden()); // asynchronous, on rank.stream()
          relu(layer.hidden());
          down.launch(rank, layer.hidden(), layer.wDown(), layer.y());
        });
    world.synchronize(PATIENCE);
  }

  // README: end

  /**
   * The activation. An application launches a kernel of its own here, on {@code rank.stream()} and
   * {@code memory().address()}; this example does it on the host, which makes the rank wait.
   */
  private static void relu(Tensor tensor) {
    float[] values = tensor.toFloats();
    for (int i = 0; i < values.length; i++) {
      values[i] = Math.max(0f, values[i]);
    }
    tensor.upload(values);
  }

  Layer layer(int rank) {
    return layers.get(rank);
  }

  String explanation() {
    return up.explanation() + System.lineSeparator() + down.explanation();
  }

  @Override
  public void close() {
    for (Layer layer : layers) {
      layer.y().close();
      layer.wDown().close();
      layer.hidden().close();
      layer.wUp().close();
      layer.x().close();
    }
    down.close();
    up.close();
  }

  /** Runs the block once on random data and prints what was planned. */
  @SuppressWarnings("SystemOut") // a program that people run
  public static void main(String[] args) {
    int tokens = 512;
    int model = 384;
    int hidden = 1024;
    try (World world = World.open(WorldOptions.defaults());
        TensorParallelMlp mlp = new TensorParallelMlp(world, tokens, model, hidden)) {
      for (Rank rank : world.localRanks()) {
        Layer layer = mlp.layer(rank.index());
        fill(layer.x(), 1 + rank.index());
        fill(layer.wUp(), 101 + rank.index());
        fill(layer.wDown(), 201 + rank.index());
      }
      mlp.forward();
      System.out.println(world + ": " + world.backend().description());
      System.out.println(mlp.explanation());
      System.out.printf("y[0, 0 … 3] on rank 0: %s%n", firstFour(mlp.layer(0).y()));
    }
  }

  static void fill(Tensor tensor, long seed) {
    Random random = new Random(seed);
    float[] values = new float[tensor.rows() * tensor.cols()];
    for (int i = 0; i < values.length; i++) {
      values[i] = random.nextFloat() - 0.5f;
    }
    tensor.upload(values);
  }

  private static String firstFour(Tensor tensor) {
    float[] values = tensor.toFloats();
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < Math.min(4, values.length); i++) {
      text.append(String.format(i == 0 ? "%.4f" : " %.4f", values[i]));
    }
    return text.toString();
  }
}
