package dev.counterpoint.backend.host.internal;

import dev.counterpoint.spi.NormArguments;
import dev.counterpoint.spi.NormSpec;
import dev.counterpoint.spi.RowNorm;
import dev.counterpoint.spi.Stream;
import dev.counterpoint.spi.TraceEvent;
import dev.counterpoint.spi.support.NormOperands;
import dev.counterpoint.spi.support.Resource;

/** A normalisation of rows; each is read two or three times, and written last. */
final class HostPreparedNorm extends Resource implements RowNorm.PreparedNorm {
  private static final Operation RUN =
      (command, execution) -> ((HostPreparedNorm) command.first).run(command.numbers, execution);

  // Where the operands are among a command's numbers.
  private static final int INPUT = 0;
  private static final int INPUT_STRIDE = 1;
  private static final int RESIDUAL = 2;
  private static final int RESIDUAL_STRIDE = 3;
  private static final int OUTPUT = 4;
  private static final int OUTPUT_STRIDE = 5;
  private static final int SUM = 6;
  private static final int SUM_STRIDE = 7;
  private static final int WEIGHT = 8;
  private static final int BIAS = 9;

  private final HostContext context;
  private final NormSpec spec;
  private final NormOperands operands;
  private final NormRows rows;

  HostPreparedNorm(HostContext context, NormSpec spec) {
    super(context.resources, "normalisation '" + spec.label() + "' of rank " + spec.rank());
    this.context = context;
    this.spec = spec;
    operands = new NormOperands(spec);
    rows = new NormRows(spec);
  }

  @Override
  public NormSpec spec() {
    return spec;
  }

  @Override
  public void launch(Stream stream, NormArguments arguments) {
    requireOpen();
    HostStream mine = HostStream.of(context, stream, spec.rank(), "normalisation");
    operands.take(arguments);
    Command command = mine.begin(RUN);
    command.first = this;
    command.numbers[INPUT] = operands.input();
    command.numbers[INPUT_STRIDE] = arguments.inputStride();
    command.numbers[RESIDUAL] = operands.residual();
    command.numbers[RESIDUAL_STRIDE] = arguments.residualStride();
    command.numbers[OUTPUT] = operands.output();
    command.numbers[OUTPUT_STRIDE] = arguments.outputStride();
    command.numbers[SUM] = operands.sum();
    command.numbers[SUM_STRIDE] = arguments.sumStride();
    command.numbers[WEIGHT] = operands.weight();
    command.numbers[BIAS] = operands.bias();
    mine.commit(command);
  }

  private void run(long[] n, Execution by) {
    by.chaos.delay();
    long start = System.nanoTime();
    long bytes = spec.dtype().bytes();
    for (int row = 0; row < spec.rows(); row++) {
      rows.normalize(
          row,
          n[INPUT],
          n[INPUT_STRIDE],
          spec.norm().residual() ? n[RESIDUAL] + row * n[RESIDUAL_STRIDE] * bytes : 0,
          n[WEIGHT],
          n[BIAS],
          spec.norm().sum() ? n[SUM] + row * n[SUM_STRIDE] * bytes : 0,
          n[OUTPUT] + row * n[OUTPUT_STRIDE] * bytes,
          by.scratch);
    }
    if (by.tracing()) {
      by.span(TraceEvent.Kind.OTHER, "norm", start);
    }
  }

  @Override
  protected void release() {
    // nothing is held
  }
}
