package dev.counterpoint.backend.host.internal;

import dev.counterpoint.spi.DeviceMemory;
import dev.counterpoint.spi.ReduceSpec;
import dev.counterpoint.spi.Stream;
import dev.counterpoint.spi.TileReduce;
import dev.counterpoint.spi.TraceEvent;
import dev.counterpoint.spi.support.LocalHeap;
import dev.counterpoint.spi.support.ReduceChecks;
import dev.counterpoint.spi.support.Resource;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** A reduction of staged partials, block by block, each as soon as its gates are open. */
final class HostPreparedReduce extends Resource implements TileReduce.PreparedReduce {
  private static final Operation RUN =
      (command, execution) -> ((HostPreparedReduce) command.first).run(command, execution);

  private final HostContext context;
  private final ReducePlan plan;
  private final ReduceSpec spec;

  HostPreparedReduce(HostContext context, ReducePlan plan) {
    super(context.resources, "reduction '" + plan.spec.label() + "' of rank " + plan.spec.rank());
    this.context = context;
    this.plan = plan;
    this.spec = plan.spec;
  }

  @Override
  public ReduceSpec spec() {
    return spec;
  }

  @Override
  public void launch(Stream stream, @Nullable DeviceMemory output, long offset, int rowStride) {
    requireOpen();
    plan.requireOpen();
    HostStream mine = HostStream.of(context, stream, spec.rank(), "reduction");
    long target =
        plan.everywhere == null ? ReduceChecks.output(spec, output, offset, rowStride) : 0;
    Command command = mine.begin(RUN);
    command.first = this;
    command.numbers[0] = target;
    command.numbers[1] = rowStride;
    mine.commit(command);
  }

  private void run(Command command, Execution by) {
    plan.requireOpen();
    long epoch = plan.epoch == null ? 0 : plan.epoch.value();
    Deliveries deliveries = by.deliveries;
    try {
      for (int block = 0; block < spec.blocks(); block++) {
        by.chaos.delay();
        awaitGates(block, epoch, by);
        long start = System.nanoTime();
        if (plan.everywhere == null) {
          sum(block, command.numbers[0], (int) command.numbers[1], by);
          trace(block, start, by);
        } else {
          everywhere(block, plan.everywhere, epoch, deliveries, by);
        }
      }
    } finally {
      deliveries.awaitAll();
    }
  }

  private void trace(int block, long start, Execution by) {
    if (by.tracing()) {
      by.span(TraceEvent.Kind.REDUCE, "block " + block, start);
    }
  }

  private void awaitGates(int block, long epoch, Execution by) {
    ReduceSpec.Gate gate = spec.gate();
    if (gate == null || plan.gateSignals == null) {
      return;
    }
    for (int slot = 0; slot < spec.slots(); slot++) {
      int entry = block * spec.slots() + slot;
      if (gate.words()[entry] >= 0) {
        by.awaitWords(
            plan.gateSignals, gate.words()[entry], 1, gate.perEpoch()[entry] * epoch, block);
      }
    }
  }

  /** Sums one block to its rows of a matrix. */
  private void sum(int block, long target, int rowStride, Execution by) {
    int first = block * spec.blockRows();
    int rows = rowsOf(block);
    int cols = spec.cols();
    long inputPitch = (long) spec.rowStride() * spec.inputType().bytes();
    long outputPitch = (long) rowStride * spec.outputType().bytes();
    boolean gapless = spec.rowStride() == cols && rowStride == cols;
    int steps = gapless ? 1 : rows;
    long count = gapless ? (long) rows * cols : cols;
    for (int step = 0; step < steps; step++) {
      Sums.sum(
          spec.inputType(),
          plan.partials,
          spec.slots(),
          (first + (long) step) * inputPitch,
          spec.outputType(),
          target + (first + (long) step) * outputPitch,
          count,
          by.scratch);
    }
  }

  private int rowsOf(int block) {
    return Math.min(spec.blockRows(), spec.rows() - block * spec.blockRows());
  }

  /**
   * Sums one block to this rank's own part and copies it from there to everyone else's, the next
   * rank first.
   */
  private void everywhere(
      int block, ReduceSpec.Everywhere route, long epoch, Deliveries deliveries, Execution by) {
    LocalHeap.Buffer buffer = Objects.requireNonNull(plan.buffer);
    awaitClearance(route, spec.rank(), epoch, block, by);
    long start = System.nanoTime();
    sum(block, buffer.at(spec.rank()).address() + route.offset(), route.rowStride(), by);
    trace(block, start, by);
    raise(route, spec.rank(), block);
    for (int step = 1; step < context.size(); step++) {
      int peer = (spec.rank() + step) % context.size();
      by.chaos.delay();
      awaitClearance(route, peer, epoch, block, by);
      push(block, route, buffer, peer, deliveries, by);
    }
  }

  private void awaitClearance(
      ReduceSpec.Everywhere route, int peer, long epoch, int block, Execution by) {
    if (plan.clearanceSignals != null && route.clearance() != null) {
      by.awaitWords(
          plan.clearanceSignals,
          route.clearance().words()[peer],
          1,
          route.clearance().target().at(epoch),
          block);
    }
  }

  private void push(
      int block,
      ReduceSpec.Everywhere route,
      LocalHeap.Buffer buffer,
      int peer,
      Deliveries deliveries,
      Execution by) {
    long pitch = (long) route.rowStride() * spec.outputType().bytes();
    long offset = route.offset() + (long) block * spec.blockRows() * pitch;
    long source = buffer.at(spec.rank()).address() + offset;
    long target = buffer.at(peer).address() + offset;
    long rowBytes = (long) spec.cols() * spec.outputType().bytes();
    if (!context.link.on()) {
      OffHeap.copyRows(source, pitch, target, pitch, rowBytes, rowsOf(block));
      raise(route, peer, block);
      return;
    }
    DeliveryAgent.Parcel parcel = by.parcel;
    parcel.peer = peer;
    parcel.source = source;
    parcel.sourcePitch = pitch;
    parcel.rowBytes = rowBytes;
    parcel.rows = rowsOf(block);
    parcel.target = target;
    parcel.targetPitch = pitch;
    parcel.name = by.tracing() ? "block " + block : "";
    parcel.post = route.words()[block] >= 0 ? plan.blockSignals : null;
    parcel.owner = peer;
    parcel.word = route.words()[block];
    context.rank(spec.rank()).agent.send(by, deliveries, parcel);
  }

  private void raise(ReduceSpec.Everywhere route, int peer, int block) {
    if (route.words()[block] >= 0 && plan.blockSignals != null) {
      plan.blockSignals.add(peer, route.words()[block], 1);
    }
  }

  @Override
  protected void release() {
    // nothing is held
  }
}
