package dev.counterpoint.benchmarks;

import dev.counterpoint.AllGatherGemmSpec;
import dev.counterpoint.DType;
import dev.counterpoint.GemmAllReduceSpec;
import dev.counterpoint.GemmAllToAllSpec;
import dev.counterpoint.GemmReduceScatterSpec;
import dev.counterpoint.OperatorPlan;
import dev.counterpoint.OperatorSpec;
import dev.counterpoint.OperatorSpecBuilder;
import dev.counterpoint.Rank;
import dev.counterpoint.Strategy;
import dev.counterpoint.Tensor;
import dev.counterpoint.World;
import dev.counterpoint.WorldOptions;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Host time, and with {@code -prof gc} host allocation, of launching a planned operator on one rank
 * of two. Every invocation launches a few times on both ranks without waiting; the wait comes
 * between invocations and is not counted.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class LaunchOverhead {
  private static final int RANKS = 2;
  private static final int LAUNCHES = 8;

  @Param({"ag-gemm", "gemm-rs", "gemm-ar", "gemm-a2a"})
  public String operator;

  @Param({"SEQUENTIAL", "DECOMPOSED", "SIGNALED", "FUSED"})
  public Strategy strategy;

  private World world;
  private OperatorPlan plan;
  private final Rank[] ranks = new Rank[RANKS];
  private final Tensor[] inputs = new Tensor[RANKS];
  private final Tensor[] weights = new Tensor[RANKS];
  private final Tensor[] outputs = new Tensor[RANKS];

  /**
   * Opens a world on the host and plans a small problem, so that the device keeps up with the
   * launches.
   */
  @Setup
  public void open() {
    world = World.open(WorldOptions.defaults().withBackend("host").withRanks(RANKS));
    OperatorSpec spec = spec();
    plan = world.plan(spec);
    for (Rank rank : world.localRanks()) {
      int r = rank.index();
      ranks[r] = rank;
      inputs[r] = rank.allocate(DType.FP32, spec.inputShape(r, RANKS));
      weights[r] = rank.allocate(DType.FP32, spec.weightShape(r, RANKS));
      outputs[r] = rank.allocate(DType.FP32, spec.outputShape(r, RANKS));
      inputs[r].upload(new float[(int) inputs[r].shape().elements()]);
      weights[r].upload(new float[(int) weights[r].shape().elements()]);
    }
  }

  private OperatorSpec spec() {
    return switch (operator) {
      case "ag-gemm" -> small(AllGatherGemmSpec.builder());
      case "gemm-rs" -> small(GemmReduceScatterSpec.builder());
      case "gemm-ar" -> small(GemmAllReduceSpec.builder());
      case "gemm-a2a" -> small(GemmAllToAllSpec.builder());
      default -> throw new IllegalArgumentException(operator);
    };
  }

  private <S extends OperatorSpec, B extends OperatorSpecBuilder<S, B>> S small(B builder) {
    return builder.m(32).n(32).k(32).dtype(DType.FP32).strategy(strategy).build();
  }

  /** Lets the device catch up. */
  @TearDown(Level.Invocation)
  public void settle() {
    world.synchronize(Duration.ofSeconds(30));
  }

  /** Closes the world. */
  @TearDown
  public void close() {
    plan.close();
    world.close();
  }

  /** Launches on both ranks; the score is per launch and rank. */
  @Benchmark
  @OperationsPerInvocation(LAUNCHES * RANKS)
  public void launch() {
    for (int i = 0; i < LAUNCHES; i++) {
      for (int r = 0; r < RANKS; r++) {
        plan.launch(ranks[r], inputs[r], weights[r], outputs[r]);
      }
    }
  }
}
