package dev.counterpoint.backend.host.internal;

import dev.counterpoint.spi.Graph;
import dev.counterpoint.spi.Stream;
import dev.counterpoint.spi.support.Resource;
import java.util.concurrent.atomic.AtomicLong;

/** Captured work of one rank. */
final class HostGraph extends Resource implements Graph {
  private static final Operation REPLAY =
      (command, execution) -> ((HostGraph) command.first).replay(command, execution);

  private final HostContext context;
  private final int rank;
  private final GraphRun run;
  private final int calls;
  private final AtomicLong pending = new AtomicLong();
  private final Bell bell = new Bell();

  HostGraph(HostContext context, int rank, GraphRun run, int calls) {
    super(context.resources, "graph of rank " + rank);
    this.context = context;
    this.rank = rank;
    this.run = run;
    this.calls = calls;
  }

  HostGraph start() {
    run.start();
    opened();
    return this;
  }

  @Override
  public void launch(Stream stream) {
    requireOpen();
    HostStream mine = HostStream.of(context, stream, rank, "graph");
    Command command = mine.begin(REPLAY);
    command.first = this;
    command.numbers[0] = mine.takeCalls(calls);
    command.numbers[1] = mine.capturing() ? 0 : pending.incrementAndGet();
    mine.commit(command);
  }

  private void replay(Command command, Execution execution) {
    try {
      run.replay(execution, command.numbers[0]);
    } finally {
      if (command.numbers[1] != 0) {
        pending.decrementAndGet();
        bell.ring();
      }
    }
  }

  @Override
  protected void release() {
    bell.await(
        () -> pending.get() == 0 || context.faults.raised(), context.options.waitNanos(), null);
    run.stop();
  }
}
