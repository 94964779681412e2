package dev.counterpoint.backend.host.internal;

import dev.counterpoint.spi.GemmArguments;
import dev.counterpoint.spi.GemmSpec;
import dev.counterpoint.spi.PreparedGemm;
import dev.counterpoint.spi.Stream;
import dev.counterpoint.spi.support.GemmOperands;
import dev.counterpoint.spi.support.Resource;
import java.util.ArrayDeque;

/**
 * A GEMM with its scratch memory allocated: one run's worth, and more only while launches overlap.
 */
final class HostPreparedGemm extends Resource implements PreparedGemm {
  private static final Operation RUN =
      (command, execution) -> ((HostPreparedGemm) command.first).run(command, execution);

  private final HostContext context;
  private final GemmPlan plan;
  private final ArrayDeque<GemmRun> idle = new ArrayDeque<>();
  private final GemmOperands operands;

  HostPreparedGemm(HostContext context, GemmPlan plan) {
    super(context.resources, "gemm '" + plan.spec.label() + "' of rank " + plan.spec.rank());
    this.context = context;
    this.plan = plan;
    this.operands = new GemmOperands(plan.spec);
    idle.add(new GemmRun(context, plan));
  }

  @Override
  public GemmSpec spec() {
    return plan.spec;
  }

  @Override
  public void launch(Stream stream, GemmArguments arguments) {
    requireOpen();
    plan.requireOpen();
    HostStream mine = HostStream.of(context, stream, plan.spec.rank(), "GEMM");
    operands.take(arguments);
    Command command = mine.begin(RUN);
    command.first = this;
    RunOperands.write(operands, arguments, command.numbers);
    mine.commit(command);
  }

  private void run(Command command, Execution execution) {
    plan.requireOpen();
    GemmRun run = take();
    try {
      run.run(command.numbers, execution);
    } finally {
      putBack(run);
    }
  }

  private GemmRun take() {
    synchronized (idle) {
      GemmRun run = idle.poll();
      if (run != null) {
        return run;
      }
    }
    return new GemmRun(context, plan);
  }

  private void putBack(GemmRun run) {
    synchronized (idle) {
      if (!closed()) {
        idle.push(run);
        return;
      }
    }
    run.release();
  }

  @Override
  protected void release() {
    synchronized (idle) {
      idle.forEach(GemmRun::release);
      idle.clear();
    }
  }
}
