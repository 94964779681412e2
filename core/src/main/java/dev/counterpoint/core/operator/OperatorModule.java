package dev.counterpoint.core.operator;

import com.google.inject.AbstractModule;
import com.google.inject.multibindings.MapBinder;
import dev.counterpoint.Strategy;
import dev.counterpoint.core.strategy.AllGatherDecomposed;
import dev.counterpoint.core.strategy.AllGatherFused;
import dev.counterpoint.core.strategy.AllGatherPipelined;
import dev.counterpoint.core.strategy.AllGatherSequential;
import dev.counterpoint.core.strategy.AllGatherSignaled;
import dev.counterpoint.core.strategy.OutputPeerReduced;
import dev.counterpoint.core.strategy.OutputPipelined;
import dev.counterpoint.core.strategy.OutputRing;
import dev.counterpoint.core.strategy.OutputSequential;
import dev.counterpoint.core.strategy.OutputStaged;
import dev.counterpoint.core.strategy.ProgramFactory;
import dev.counterpoint.core.strategy.SplitSignaled;

/**
 * Which program carries which strategy of which operator. The three operators that communicate
 * after their GEMM share theirs: they differ only in what the receiver does with what arrives.
 */
public final class OperatorModule extends AbstractModule {
  @Override
  protected void configure() {
    MapBinder<ProgramKey, ProgramFactory> programs =
        MapBinder.newMapBinder(binder(), ProgramKey.class, ProgramFactory.class);
    bind(programs, "ag-gemm", Strategy.SEQUENTIAL, AllGatherSequential::new);
    bind(programs, "ag-gemm", Strategy.PIPELINED, AllGatherPipelined::new);
    bind(programs, "ag-gemm", Strategy.RING, AllGatherDecomposed::ring);
    bind(programs, "ag-gemm", Strategy.DECOMPOSED, AllGatherDecomposed::pushed);
    bind(programs, "ag-gemm", Strategy.SIGNALED, AllGatherSignaled::new);
    bind(programs, "ag-gemm", Strategy.FUSED, AllGatherFused::new);
    for (String operator : new String[] {"gemm-rs", "gemm-ar", "gemm-a2a"}) {
      bind(programs, operator, Strategy.SEQUENTIAL, OutputSequential::new);
      bind(programs, operator, Strategy.PIPELINED, OutputPipelined::new);
      bind(programs, operator, Strategy.DECOMPOSED, OutputStaged::decomposed);
      bind(programs, operator, Strategy.SIGNALED, SplitSignaled::orEven);
    }
    bind(programs, "gemm-rs", Strategy.FUSED, OutputStaged::fused);
    bind(programs, "gemm-ar", Strategy.FUSED, OutputPeerReduced::orRouted);
    bind(programs, "gemm-a2a", Strategy.FUSED, OutputStaged::fused);
    bind(programs, "gemm-rs", Strategy.RING, OutputRing::new);
    bind(programs, "gemm-ar", Strategy.RING, OutputRing::new);
    bind(programs, "gemm-a2a", Strategy.RING, OutputStaged::exchanged);
  }

  private static void bind(
      MapBinder<ProgramKey, ProgramFactory> programs,
      String operator,
      Strategy strategy,
      ProgramFactory factory) {
    programs.addBinding(new ProgramKey(operator, strategy)).toInstance(factory);
  }
}
