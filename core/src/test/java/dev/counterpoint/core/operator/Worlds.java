package dev.counterpoint.core.operator;

import dev.counterpoint.AllGatherGemmSpec;
import dev.counterpoint.DType;
import dev.counterpoint.GemmAllReduceSpec;
import dev.counterpoint.GemmAllToAllSpec;
import dev.counterpoint.GemmReduceScatterSpec;
import dev.counterpoint.Norm;
import dev.counterpoint.NormTensors;
import dev.counterpoint.NormalizingPlan;
import dev.counterpoint.OperatorPlan;
import dev.counterpoint.OperatorSpec;
import dev.counterpoint.OperatorSpecBuilder;
import dev.counterpoint.Rank;
import dev.counterpoint.Shape;
import dev.counterpoint.Strategy;
import dev.counterpoint.Tensor;
import dev.counterpoint.World;
import dev.counterpoint.WorldOptions;
import dev.counterpoint.core.BackendRegistry;
import dev.counterpoint.core.fake.Journal;
import dev.counterpoint.core.fake.RecordingBackend;
import dev.counterpoint.core.world.DefaultWorldProvider;
import dev.counterpoint.spi.Capability;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Worlds over recording backends, and operands for them. */
final class Worlds {
  static final List<Supplier<OperatorSpecBuilder<?, ?>>> BUILDERS =
      List.of(
          AllGatherGemmSpec::builder,
          GemmReduceScatterSpec::builder,
          GemmAllReduceSpec::builder,
          GemmAllToAllSpec::builder);

  /** What the devices of one vendor in one machine can do. */
  static final Set<Capability> PEERS = Set.of(Capability.PEER_ACCESS, Capability.PEER_ALL_REDUCE);

  private static final Norm NORM = Norm.layer(1).withBias().withResidual().withSum();

  private Worlds() {}

  static World open(RecordingBackend backend) {
    return DefaultWorldProvider.open(
        WorldOptions.defaults(), BackendRegistry.of(List.of(backend.provider())));
  }

  /**
   * One specification of each of the 25 programs: M = 24, N = 20, K = 12, FP32, with bias; and of
   * those that can end with a norm another. Fused GEMM + all-reduce has two, the second where
   * something is forced that it alone has.
   */
  static List<OperatorSpec> everyProgram() {
    List<OperatorSpec> all = new ArrayList<>();
    for (Supplier<OperatorSpecBuilder<?, ?>> builder : BUILDERS) {
      for (Strategy strategy : Strategy.values()) {
        if (strategy != Strategy.AUTO) {
          OperatorSpecBuilder<?, ?> made = builder.get();
          made.m(24).n(20).k(12).dtype(DType.FP32).bias(true).strategy(strategy);
          all.add(made.build());
          if (made instanceof GemmReduceScatterSpec.Builder scatter) {
            all.add(scatter.norm(NORM).build());
          } else if (made instanceof GemmAllReduceSpec.Builder reduce) {
            all.add(reduce.norm(NORM).build());
            if (strategy == Strategy.FUSED) {
              OperatorSpec both = reduce.build();
              all.add(both.withTuning(both.tuning().withChunks(1)));
            }
          }
        }
      }
    }
    return all;
  }

  /** Operands of one rank. */
  record Operands(
      Rank rank,
      Tensor input,
      Tensor weight,
      Tensor bias,
      Tensor output,
      @Nullable NormTensors norm)
      implements AutoCloseable {
    static Operands of(OperatorSpec spec, RecordingBackend backend, Rank rank) {
      int ranks = rank.world().size();
      int r = rank.index();
      DType in = spec.problem().inputType();
      DType out = spec.problem().outputType();
      Operands operands =
          new Operands(
              rank,
              rank.allocate(in, spec.inputShape(r, ranks)),
              rank.allocate(in, spec.weightShape(r, ranks)),
              rank.allocate(out, 1, spec.biasLength(r, ranks)),
              rank.allocate(out, spec.outputShape(r, ranks)),
              norm(spec, rank));
      backend.journal().name(operands.input.memory(), "input");
      backend.journal().name(operands.weight.memory(), "weight");
      backend.journal().name(operands.bias.memory(), "bias");
      backend.journal().name(operands.output.memory(), "output");
      return operands;
    }

    private static @Nullable NormTensors norm(OperatorSpec spec, Rank rank) {
      Norm norm = spec.norm();
      if (norm == null) {
        return null;
      }
      DType out = spec.problem().outputType();
      Shape rows = spec.outputShape(rank.index(), rank.world().size());
      Shape columns = new Shape(1, spec.problem().n());
      return new NormTensors(
          rank.allocate(out, columns),
          norm.bias() ? rank.allocate(out, columns) : null,
          norm.residual() ? rank.allocate(out, rows) : null,
          norm.sum() ? rank.allocate(out, rows) : null);
    }

    void launch(OperatorPlan plan) {
      Tensor addend = plan.spec().problem().bias() ? bias : null;
      if (norm != null && plan instanceof NormalizingPlan normalizing) {
        normalizing.launch(rank, input, weight, addend, output, norm);
      } else {
        plan.launch(rank, input, weight, addend, output);
      }
    }

    @Override
    public void close() {
      input.close();
      weight.close();
      bias.close();
      output.close();
      if (norm != null) {
        Stream.of(norm.weight(), norm.bias(), norm.residual(), norm.sum())
            .filter(Objects::nonNull)
            .forEach(Tensor::close);
      }
    }
  }

  /** What one rank enqueues in one launch, on ranks with peer access. */
  static Journal launched(OperatorSpec spec, int ranks, int rank) {
    RecordingBackend backend = new RecordingBackend(ranks, PEERS);
    World world = open(backend);
    OperatorPlan plan = world.plan(spec);
    Operands operands = Operands.of(spec, backend, world.rank(rank));
    backend.journal().clear();
    operands.launch(plan);
    return backend.journal();
  }
}
