package dev.counterpoint.core.operator;

import com.google.inject.AbstractModule;
import com.google.inject.multibindings.MapBinder;
import dev.counterpoint.Strategy;
import dev.counterpoint.core.strategy.AllGatherDecomposed;
import dev.counterpoint.core.strategy.AllGatherFused;
import dev.counterpoint.core.strategy.AllGatherSequential;
import dev.counterpoint.core.strategy.AllGatherSignaled;
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
    programs
        .addBinding(new ProgramKey("ag-gemm", Strategy.SEQUENTIAL))
        .toInstance(AllGatherSequential::new);
    programs
        .addBinding(new ProgramKey("ag-gemm", Strategy.DECOMPOSED))
        .toInstance(AllGatherDecomposed::new);
    programs
        .addBinding(new ProgramKey("ag-gemm", Strategy.SIGNALED))
        .toInstance(AllGatherSignaled::new);
    programs.addBinding(new ProgramKey("ag-gemm", Strategy.FUSED)).toInstance(AllGatherFused::new);
    for (String operator : new String[] {"gemm-rs", "gemm-ar", "gemm-a2a"}) {
      programs
          .addBinding(new ProgramKey(operator, Strategy.SEQUENTIAL))
          .toInstance(OutputSequential::new);
      programs
          .addBinding(new ProgramKey(operator, Strategy.DECOMPOSED))
          .toInstance(OutputStaged::decomposed);
      programs
          .addBinding(new ProgramKey(operator, Strategy.SIGNALED))
          .toInstance(SplitSignaled::orEven);
      programs.addBinding(new ProgramKey(operator, Strategy.FUSED)).toInstance(OutputStaged::fused);
    }
  }
}
