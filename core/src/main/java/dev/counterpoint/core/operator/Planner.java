package dev.counterpoint.core.operator;

import com.google.inject.Inject;
import dev.counterpoint.AllGatherGemmSpec;
import dev.counterpoint.CounterpointException;
import dev.counterpoint.Failure;
import dev.counterpoint.GemmAllReduceSpec;
import dev.counterpoint.GemmAllToAllSpec;
import dev.counterpoint.GemmProblem;
import dev.counterpoint.GemmReduceScatterSpec;
import dev.counterpoint.InvalidArgumentException;
import dev.counterpoint.OperatorPlan;
import dev.counterpoint.OperatorSpec;
import dev.counterpoint.Scaling;
import dev.counterpoint.Splits;
import dev.counterpoint.UnsupportedCapabilityException;
import dev.counterpoint.WorldOptions;
import dev.counterpoint.core.strategy.PlanContext;
import dev.counterpoint.core.strategy.Program;
import dev.counterpoint.core.strategy.ProgramFactory;
import dev.counterpoint.core.telemetry.WorldEvents;
import dev.counterpoint.core.tuner.TuningAdvisor;
import dev.counterpoint.spi.Backend;
import dev.counterpoint.spi.Capability;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Makes plans: chooses a strategy, builds its program, and wraps it in the operator's own type. */
public final class Planner {
  private final Backend backend;
  private final Map<ProgramKey, ProgramFactory> programs;
  private final TuningAdvisor advisor;
  private final WorldOptions options;

  @Inject
  Planner(
      Backend backend,
      Map<ProgramKey, ProgramFactory> programs,
      TuningAdvisor advisor,
      WorldOptions options) {
    this.options = options;
    this.advisor = advisor;
    this.backend = backend;
    this.programs = programs;
  }

  /** Plans an operator for a world. */
  public OperatorPlan plan(PlanOwner world, OperatorSpec spec, int number) {
    checkFits(spec, world.size());
    checkType(spec.problem());
    checkScaling(spec.problem());
    StrategyChooser.Choice choice = StrategyChooser.choose(spec, backend, advisor);
    ProgramFactory factory = programs.get(new ProgramKey(spec.operator(), choice.strategy()));
    if (factory == null) {
      throw new CounterpointException(
          Failure.Category.UNAVAILABLE,
          "no program carries strategy " + choice.strategy() + " of " + spec.operator());
    }
    String label = spec.operator() + "#" + number;
    PlanContext context = new PlanContext(world, backend, spec.withTuning(choice.tuning()), label);
    try {
      Program program = factory.create(context);
      String explanation = choice.strategy() + " (" + choice.reason() + "): " + program.describe();
      PlanReplays replays =
          PlanReplays.of(options.properties(), backend, choice.strategy(), program);
      WorldEvents.planned(label, choice.strategy().name(), explanation);
      return wrap(
          new PlanBody(world, context, program, choice.strategy(), explanation, number, replays),
          spec);
    } catch (RuntimeException | Error e) {
      try {
        PlanBody.settle(world, label); // workspaces may still be being zeroed
        context.close();
      } catch (RuntimeException more) {
        e.addSuppressed(more);
      }
      throw e;
    }
  }

  private static OperatorPlan wrap(PlanBody body, OperatorSpec spec) {
    if (spec instanceof AllGatherGemmSpec ag) {
      return new Plans.AllGather(body, ag);
    } else if (spec instanceof GemmReduceScatterSpec rs) {
      return new Plans.ReduceScatter(body, rs);
    } else if (spec instanceof GemmAllReduceSpec ar) {
      return new Plans.AllReduce(body, ar);
    } else if (spec instanceof GemmAllToAllSpec a2a) {
      return new Plans.AllToAll(body, a2a);
    }
    throw new AssertionError(spec);
  }

  private void checkType(GemmProblem problem) {
    if (backend.gemm().supports(problem.inputType(), problem.outputType())) {
      return;
    }
    @Nullable Capability missing =
        switch (problem.inputType()) {
          case FP16 -> Capability.GEMM_FP16;
          case BF16 -> Capability.GEMM_BF16;
          case FP8_E4M3, FP8_E5M2 -> Capability.GEMM_FP8;
          case INT8 -> Capability.GEMM_INT8;
          case FP32, INT32 -> null; // needs none
        };
    if (missing == null || backend.capabilities().contains(missing)) {
      throw new InvalidArgumentException(
          "outputType",
          problem.outputType(),
          "be one that backend '" + backend.name() + "' can store from " + problem.inputType());
    }
    throw new UnsupportedCapabilityException(
        backend.name(), missing, problem.inputType() + " → " + problem.outputType() + " GEMM");
  }

  private void checkScaling(GemmProblem problem) {
    if (problem.scaling() == Scaling.BLOCKS
        && !backend.capabilities().contains(Capability.BLOCK_SCALES)) {
      throw new UnsupportedCapabilityException(
          backend.name(), Capability.BLOCK_SCALES, problem.inputType() + " with scales by block");
    }
  }

  /** Refuses matrices that no device could hold before anything is allocated. */
  private static void checkFits(OperatorSpec spec, int ranks) {
    GemmProblem p = spec.problem();
    long limit = 1L << 46;
    requireBelow("m·k", (long) p.m() * p.k(), limit);
    requireBelow("n·k", (long) p.n() * p.k(), limit);
    requireBelow("m·n", (long) p.m() * p.n(), limit);
    if ((long) p.m() + ranks > Integer.MAX_VALUE) {
      throw new InvalidArgumentException(
          "m", p.m(), "leave room for rounding up to the number of ranks");
    }
    if (spec instanceof GemmAllToAllSpec allToAll && allToAll.splits() != null) {
      requireFits(allToAll.splits(), ranks);
    } else if (spec instanceof GemmAllToAllSpec
        && (long) OperatorSpec.piece(p.m(), 0, ranks) * ranks > Integer.MAX_VALUE) {
      throw new InvalidArgumentException("m", p.m(), "give an output of fewer than 2^31 rows");
    }
  }

  private static void requireFits(Splits splits, int ranks) {
    if (splits.ranks() != ranks) {
      throw new InvalidArgumentException(
          "splits", "those of " + splits.ranks() + " ranks", "be those of " + ranks + " ranks");
    }
    for (int rank = 0; rank < ranks; rank++) {
      if (splits.received(rank) > Integer.MAX_VALUE - 1024) {
        throw new InvalidArgumentException(
            "splits", splits.received(rank), "give every rank an output of fewer than 2^31 rows");
      }
    }
  }

  private static void requireBelow(String name, long value, long limit) {
    if (value >= limit) {
      throw new InvalidArgumentException(name, value, "be below 2^46 elements");
    }
  }
}
