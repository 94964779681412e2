package dev.counterpoint.backend.host.internal;

import dev.counterpoint.DType;
import dev.counterpoint.spi.GemmSpec;
import dev.counterpoint.spi.TileGate;
import dev.counterpoint.spi.TilePost;
import dev.counterpoint.spi.TileRoute;
import dev.counterpoint.spi.Tiling;
import dev.counterpoint.spi.TraceEvent;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * One execution of a tile GEMM: the persistent loop over tiles with its four hooks. Holds the
 * scratch memory, so it is reused from launch to launch; launches that overlap each have their own.
 */
final class GemmRun extends WorkCrew.Shared {
  private final HostContext context;
  private final GemmPlan plan;
  private final GemmSpec spec;
  private final Tiling tiling;
  private final RunOperands operands = new RunOperands();
  private final Panels panels;
  private final Space[] spaces;
  private final AtomicInteger next = new AtomicInteger();
  private final Deliveries deliveries = new Deliveries();
  private final boolean straight;

  /**
   * Where tiles wait, each in a place of its own, until the link has carried them; 0 if none do.
   */
  private final long outgoing;

  private String streamLane = "";
  private String label = "";
  private long gateTarget;
  private long clearanceTarget;

  /** What one worker needs for itself. */
  private static final class Space {
    private final long sums;
    private final long chunk;
    private final TileProduct product;
    private final DeliveryAgent.Parcel parcel = new DeliveryAgent.Parcel();

    Space(long sums, long chunk, TileProduct product) {
      this.sums = sums;
      this.chunk = chunk;
      this.product = product;
    }
  }

  GemmRun(HostContext context, GemmPlan plan) {
    this.context = context;
    this.plan = plan;
    this.spec = plan.spec;
    this.tiling = plan.tiling;
    this.straight =
        spec.inputType() == DType.FP32
            && spec.outputType() == DType.FP32
            && TileStore.isPlain(spec.epilogue());
    this.outgoing =
        context.link.on() && plan.ownersBuffer != null
            ? context.memory.allocate("outgoing tiles of '" + spec.label() + "'", outgoingBytes())
            : 0;
    this.panels = new Panels(context, plan);
    this.spaces = new Space[plan.workers];
    for (int worker = 0; worker < spaces.length; worker++) {
      spaces[worker] = newSpace();
    }
  }

  private Space newSpace() {
    long elements =
        (long) Math.min(tiling.tileRows(), spec.rows()) * Math.min(tiling.tileCols(), spec.cols());
    String what = "scratch of '" + spec.label() + "'";
    return new Space(
        straight ? 0 : context.memory.allocate(what, 4 * elements),
        spec.inputType() == DType.INT8 ? context.memory.allocate(what, 4 * elements) : 0,
        new TileProduct(spec));
  }

  private long outgoingBytes() {
    return tiling.tiles() * placeBytes();
  }

  private long placeBytes() {
    return (long) tiling.tileRows() * tiling.tileCols() * spec.outputType().bytes();
  }

  void release() {
    panels.release();
    context.memory.free(outgoing);
    for (Space space : spaces) {
      context.memory.free(space.sums);
      context.memory.free(space.chunk);
    }
  }

  /** Runs the GEMM with a command's operands; returns when everything is stored and posted. */
  void run(long[] numbers, Execution by) {
    operands.read(numbers);
    panels.begin();
    next.set(0);
    streamLane = by.lane;
    label = by.operation.isEmpty() ? spec.label() : by.operation;
    long epoch = plan.epoch == null ? 0 : plan.epoch.value();
    gateTarget = spec.gate() instanceof TileGate.Words words ? words.target().at(epoch) : 0;
    clearanceTarget =
        spec.route() instanceof TileRoute.Owners owners && owners.clearance() != null
            ? owners.clearance().target().at(epoch)
            : 0;
    try {
      int workers = Math.min(plan.workers, plan.order.length);
      if (workers > 0) {
        context.rank(spec.rank()).crew.share(this, workers, by);
      }
    } finally {
      deliveries.awaitAll();
    }
  }

  @Override
  String operation() {
    return label;
  }

  @Override
  void work(int worker, Execution by) {
    String lane = by.lane;
    String operation = by.operation;
    if (by.tracing()) {
      by.lane = streamLane + "/cu" + worker;
    }
    by.operation = label;
    try {
      int position;
      while ((position = next.getAndIncrement()) < plan.order.length) {
        context.faults.leaveIfRaised();
        by.chaos.delay();
        tile(plan.order[position], worker, by);
      }
    } finally {
      by.lane = lane;
      by.operation = operation;
    }
  }

  private void tile(int tile, int worker, Execution by) {
    int shard = tiling.shard(tile);
    awaitGate(tile, by);
    boolean storesAtOnce = straight && !isDelivered(shard);
    if (storesAtOnce) {
      awaitClearance(tile, shard, by);
    }
    long start = by.tracing() ? System.nanoTime() : 0;
    Space space = spaces[worker];
    context.share.enter(spec.rank());
    long work = (long) tiling.rows(tile) * tiling.cols(tile) * spec.k();
    try {
      multiply(tile, worker, space, by);
    } finally {
      context.share.leave(spec.rank(), work);
    }
    if (!storesAtOnce) {
      awaitClearance(tile, shard, by);
    }
    if (!straight) {
      place(tile, shard, space.sums, by);
    }
    if (isDelivered(shard)) {
      deliver(tile, shard, space.parcel, by);
    }
    if (by.tracing()) {
      by.span(TraceEvent.Kind.COMPUTE, "tile " + tile, start);
    }
    if (!isDelivered(shard)) { // otherwise the agent posts
      post(tile, space, by);
    }
  }

  private void awaitGate(int tile, Execution by) {
    if (plan.gateSignals != null && spec.gate() instanceof TileGate.Words words) {
      int tileRow = tiling.tileRow(tile);
      int count = words.wordCount()[tileRow];
      if (count > 0) {
        by.awaitWords(plan.gateSignals, words.firstWord()[tileRow], count, gateTarget, tile);
      }
    }
  }

  private void multiply(int tile, int worker, Space space, Execution by) {
    int tileRow = tiling.tileRow(tile);
    int tileCol = tiling.tileCol(tile);
    int rows = tiling.rows(tile);
    int cols = tiling.cols(tile);
    long a = panels.a(operands, tileRow, worker, by.scratch);
    long b = panels.b(operands, tileCol, worker, by.scratch);
    int aStride = panels.aStride(operands);
    int bStride = panels.bStride(operands, tileCol);
    if (spec.inputType() == DType.INT8) {
      space.product.ints(rows, cols, a, aStride, b, bStride, space.sums, space.chunk, by.scratch);
    } else if (straight) {
      int shard = tiling.shard(tile);
      long target = target(tile, shard);
      space.product.floats(
          rows, cols, a, aStride, b, bStride, target, (int) (pitch(tile, shard) / 4));
    } else {
      space.product.floats(rows, cols, a, aStride, b, bStride, space.sums, cols);
    }
  }

  private void place(int tile, int shard, long sums, Execution by) {
    TileStore.store(
        spec,
        operands,
        sums,
        tiling.row(tile),
        tiling.col(tile),
        tiling.rows(tile),
        tiling.cols(tile),
        target(tile, shard),
        pitch(tile, shard),
        by.scratch);
  }

  /** Whether a tile of that shard goes over the simulated link. */
  private boolean isDelivered(int shard) {
    return plan.ownersBuffer != null && remote(spec.owner(shard));
  }

  /** Where a finished tile is stored by this rank. */
  private long target(int tile, int shard) {
    if (isDelivered(shard)) {
      return outgoing + tile * placeBytes();
    }
    return plan.ownersBuffer != null ? ownersTarget(tile, shard) : localTarget(tile);
  }

  /** Bytes from row to row there. */
  private long pitch(int tile, int shard) {
    if (isDelivered(shard)) {
      return (long) tiling.cols(tile) * spec.outputType().bytes();
    }
    return plan.ownersBuffer != null ? ownersPitch() : localPitch();
  }

  private void awaitClearance(int tile, int shard, Execution by) {
    if (plan.clearanceSignals != null
        && spec.route() instanceof TileRoute.Owners owners
        && owners.clearance() != null) {
      by.awaitWords(
          plan.clearanceSignals, owners.clearance().words()[shard], 1, clearanceTarget, tile);
    }
  }

  private void deliver(int tile, int shard, DeliveryAgent.Parcel parcel, Execution by) {
    parcel.peer = spec.owner(shard);
    parcel.source = target(tile, shard);
    parcel.rowBytes = (long) tiling.cols(tile) * spec.outputType().bytes();
    parcel.sourcePitch = parcel.rowBytes;
    parcel.rows = tiling.rows(tile);
    parcel.target = ownersTarget(tile, shard);
    parcel.targetPitch = ownersPitch();
    parcel.name = by.tracing() ? "tile " + tile : "";
    parcel.post = null;
    if (plan.postSignals != null
        && spec.post() instanceof TilePost.Counters counters
        && counters.words()[tile] >= 0) {
      parcel.post = plan.postSignals;
      parcel.owner = counters.at() == TilePost.At.SELF ? spec.rank() : spec.owner(shard);
      parcel.word = counters.words()[tile];
    }
    context.rank(spec.rank()).agent.send(by, deliveries, parcel);
  }

  private void post(int tile, Space space, Execution by) {
    if (plan.postSignals == null
        || !(spec.post() instanceof TilePost.Counters counters)
        || counters.words()[tile] < 0) {
      return;
    }
    by.chaos.delay();
    int owner = counters.at() == TilePost.At.SELF ? spec.rank() : spec.owner(tiling.shard(tile));
    if (!remote(owner)) {
      plan.postSignals.add(owner, counters.words()[tile], 1);
      return;
    }
    DeliveryAgent.Parcel parcel = space.parcel;
    parcel.peer = owner;
    parcel.rowBytes = 0;
    parcel.rows = 0;
    parcel.name = by.tracing() ? "post of tile " + tile : "";
    parcel.post = plan.postSignals;
    parcel.owner = owner;
    parcel.word = counters.words()[tile];
    context.rank(spec.rank()).agent.send(by, deliveries, parcel);
  }

  /** Whether something for that rank goes over the simulated link. */
  private boolean remote(int owner) {
    return context.link.on() && owner != spec.rank();
  }

  private long localTarget(int tile) {
    int outputBytes = spec.outputType().bytes();
    if (spec.route() instanceof TileRoute.Packed packed) {
      return operands.d
          + (long) packed.slots()[tile] * tiling.tileRows() * tiling.tileCols() * outputBytes;
    }
    return operands.d
        + ((long) tiling.row(tile) * operands.dStride + tiling.col(tile)) * outputBytes;
  }

  private long localPitch() {
    int stride =
        spec.route() instanceof TileRoute.Packed
            ? tiling.tileCols()
            : Math.max(tiling.cols(), operands.dStride);
    return (long) stride * spec.outputType().bytes();
  }

  private long ownersTarget(int tile, int shard) {
    TileRoute.Owners owners = (TileRoute.Owners) spec.route();
    long rowInShard = (long) tiling.row(tile) - tiling.partition().start(shard);
    long element = rowInShard * owners.rowStride() + tiling.col(tile);
    return owners.buffer().at(spec.owner(shard)).address()
        + owners.offset()
        + element * spec.outputType().bytes();
  }

  private long ownersPitch() {
    return (long) ((TileRoute.Owners) spec.route()).rowStride() * spec.outputType().bytes();
  }
}
