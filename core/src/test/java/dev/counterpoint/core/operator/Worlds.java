package dev.counterpoint.core.operator;

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
import dev.counterpoint.core.BackendRegistry;
import dev.counterpoint.core.fake.RecordingBackend;
import dev.counterpoint.core.world.DefaultWorldProvider;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/** Worlds over recording backends, and operands for them. */
final class Worlds {
  static final List<Supplier<OperatorSpecBuilder<?, ?>>> BUILDERS =
      List.of(
          AllGatherGemmSpec::builder,
          GemmReduceScatterSpec::builder,
          GemmAllReduceSpec::builder,
          GemmAllToAllSpec::builder);

  private Worlds() {}

  static World open(RecordingBackend backend) {
    return DefaultWorldProvider.open(
        WorldOptions.defaults(), BackendRegistry.of(List.of(backend.provider())));
  }

  /** One specification of each of the 24 programs: M = 24, N = 20, K = 12, FP32, with bias. */
  static List<OperatorSpec> everyProgram() {
    List<OperatorSpec> all = new ArrayList<>();
    for (Supplier<OperatorSpecBuilder<?, ?>> builder : BUILDERS) {
      for (Strategy strategy : Strategy.values()) {
        if (strategy != Strategy.AUTO) {
          OperatorSpecBuilder<?, ?> made = builder.get();
          made.m(24).n(20).k(12).dtype(DType.FP32).bias(true).strategy(strategy);
          all.add(made.build());
        }
      }
    }
    return all;
  }

  /** Operands of one rank. */
  record Operands(Rank rank, Tensor input, Tensor weight, Tensor bias, Tensor output)
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
              rank.allocate(out, spec.outputShape(r, ranks)));
      backend.journal().name(operands.input.memory(), "input");
      backend.journal().name(operands.weight.memory(), "weight");
      backend.journal().name(operands.bias.memory(), "bias");
      backend.journal().name(operands.output.memory(), "output");
      return operands;
    }

    void launch(OperatorPlan plan) {
      plan.launch(rank, input, weight, plan.spec().problem().bias() ? bias : null, output);
    }

    @Override
    public void close() {
      input.close();
      weight.close();
      bias.close();
      output.close();
    }
  }
}
