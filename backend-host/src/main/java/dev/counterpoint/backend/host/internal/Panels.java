package dev.counterpoint.backend.host.internal;

import dev.counterpoint.DType;
import dev.counterpoint.Scaling;
import dev.counterpoint.WeightLayout;
import dev.counterpoint.spi.Tiling;
import java.util.concurrent.atomic.AtomicIntegerArray;

/**
 * A and B as OpenBLAS needs them, panel by panel: in place where they are FP32, else converted once
 * for each launch when the first tile that needs the panel asks. Converted matrices that would take
 * more than the budget are converted again for each tile instead, into space of the worker's own.
 *
 * <p>A panel of A is asked for only after its tile row's gate has opened.
 */
final class Panels {
  private static final int ABSENT = 0;
  private static final int IN_WORK = 1;
  private static final int READY = 2;

  private final HostContext context;
  private final Tiling tiling;
  private final DType dtype;
  private final int k;
  private final boolean byColumn;
  private final boolean scaled;
  private final boolean inPlace;
  private final boolean shared;
  private final long aSpace;
  private final long bSpace;
  private final long aWorkerBytes;
  private final long bWorkerBytes;
  private final AtomicIntegerArray aStates;
  private final AtomicIntegerArray bStates;
  private final Bell bell = new Bell();

  Panels(HostContext context, GemmPlan plan) {
    this.context = context;
    this.tiling = plan.tiling;
    this.dtype = plan.spec.inputType();
    this.k = plan.spec.k();
    this.byColumn = plan.spec.weightLayout() == WeightLayout.NK;
    this.scaled = plan.spec.scaling() == Scaling.BLOCKS;
    this.inPlace = dtype == DType.FP32 || k == 0;
    long aBytes = 4L * plan.spec.rows() * k;
    long bBytes = 4L * plan.spec.cols() * k;
    this.shared = plan.convertedWhole;
    this.aWorkerBytes = 4L * k * Math.min(tiling.tileRows(), plan.spec.rows());
    this.bWorkerBytes = 4L * k * Math.min(tiling.tileCols(), plan.spec.cols());
    String what = "converted operands of '" + plan.spec.label() + "'";
    this.aSpace =
        inPlace ? 0 : context.memory.allocate(what, shared ? aBytes : aWorkerBytes * plan.workers);
    this.bSpace =
        inPlace ? 0 : context.memory.allocate(what, shared ? bBytes : bWorkerBytes * plan.workers);
    this.aStates = new AtomicIntegerArray(inPlace ? 0 : tiling.tileRowCount());
    this.bStates = new AtomicIntegerArray(inPlace ? 0 : tiling.tileColCount());
    context.faults.register(bell);
  }

  /** Forgets what the launch before has converted. */
  void begin() {
    for (int i = 0; i < aStates.length(); i++) {
      aStates.set(i, ABSENT);
    }
    for (int i = 0; i < bStates.length(); i++) {
      bStates.set(i, ABSENT);
    }
  }

  void release() {
    context.faults.unregister(bell);
    if (!inPlace) {
      context.memory.free(aSpace);
      context.memory.free(bSpace);
    }
  }

  /** Elements from row to row of a panel of A. */
  int aStride(RunOperands operands) {
    return Math.max(1, inPlace ? Math.max(k, operands.aStride) : k);
  }

  /** Elements from row to row of a panel of B. */
  int bStride(RunOperands operands, int tileCol) {
    if (byColumn) {
      return Math.max(1, inPlace ? Math.max(k, operands.bStride) : k);
    }
    return inPlace ? Math.max(tiling.cols(), operands.bStride) : tiling.cols(tileCol);
  }

  /** The rows of A that a tile row reads. */
  long a(RunOperands operands, int tileRow, int worker, Scratch scratch) {
    int first = tiling.firstRowOf(tileRow);
    int rows = tiling.rowsOf(tileRow);
    long source = operands.a + (long) first * operands.aStride * dtype.bytes();
    if (inPlace) {
      return source;
    }
    long target = aSpace + (shared ? 4L * first * k : aWorkerBytes * worker);
    if (claim(aStates, tileRow)) {
      Codec.toFloats(
          dtype, source, (long) operands.aStride * dtype.bytes(), target, rows, k, scratch);
      if (scaled) {
        long scalesPitch = 4L * operands.aScalesStride;
        BlockScales.alongK(target, first, rows, k, 1, operands.aScales, scalesPitch, scratch);
      }
      publish(aStates, tileRow);
    }
    return target;
  }

  /** The columns of B that a tile column reads. */
  long b(RunOperands operands, int tileCol, int worker, Scratch scratch) {
    int first = tileCol * tiling.tileCols();
    int cols = tiling.cols(tileCol);
    long source = operands.b + (byColumn ? (long) first * operands.bStride : first) * dtype.bytes();
    if (inPlace) {
      return source;
    }
    long target = bSpace + (shared ? 4L * first * k : bWorkerBytes * worker);
    if (claim(bStates, tileCol)) {
      long pitch = (long) operands.bStride * dtype.bytes();
      Codec.toFloats(
          dtype, source, pitch, target, byColumn ? cols : k, byColumn ? k : cols, scratch);
      if (scaled) {
        scaleB(operands, target, first, cols, scratch);
      }
      publish(bStates, tileCol);
    }
    return target;
  }

  private void scaleB(RunOperands operands, long target, int first, int cols, Scratch scratch) {
    long pitch = 4L * operands.bScalesStride;
    if (byColumn) {
      BlockScales.alongK(target, first, cols, k, Scaling.BLOCK, operands.bScales, pitch, scratch);
    } else {
      BlockScales.acrossK(target, first, cols, k, operands.bScales, pitch, scratch);
    }
  }

  /** Whether the caller has to convert; otherwise the panel is ready on return. */
  private boolean claim(AtomicIntegerArray states, int panel) {
    if (!shared) {
      return true;
    }
    if (states.get(panel) == READY) {
      return false;
    }
    if (states.compareAndSet(panel, ABSENT, IN_WORK)) {
      return true;
    }
    bell.await(() -> states.get(panel) == READY, Long.MAX_VALUE, context.faults);
    return false;
  }

  private void publish(AtomicIntegerArray states, int panel) {
    if (shared) {
      states.set(panel, READY);
      bell.ring();
    }
  }
}
