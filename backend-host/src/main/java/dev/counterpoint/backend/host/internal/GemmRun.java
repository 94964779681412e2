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
 * One execution of a tile GEMM: the persistent loop over tiles with its four hooks. Tiles are begun
 * in the order; those of a run ({@link TileRuns}) are multiplied together, and then stored, sent
 * and counted one after the other. Holds the scratch memory, so it is reused from launch to launch;
 * launches that overlap each have their own.
 */
final class GemmRun extends WorkCrew.Shared {
  private final HostContext context;
  private final GemmPlan plan;
  private final GemmSpec spec;
  private final Tiling tiling;
  private final RunOperands operands = new RunOperands();
  private final Panels panels;
  private final TilePlaces places;

  /** By run: where it is multiplied to. */
  private final TilePlaces.Landing[] landings;

  private final Space[] spaces;
  private final AtomicInteger next = new AtomicInteger();
  private final Deliveries deliveries = new Deliveries();

  /** Whether what OpenBLAS gives are the elements of the output. */
  private final boolean straight;

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
    this.panels = new Panels(context, plan);
    this.places = new TilePlaces(context, plan);
    this.landings = new TilePlaces.Landing[plan.runs()];
    long scratch = 0;
    for (int run = 0; run < landings.length; run++) {
      int begin = plan.begin(run);
      int end = plan.end(run);
      landings[run] = straight ? places.landing(begin, end) : TilePlaces.Landing.SCRATCH;
      if (landings[run] == TilePlaces.Landing.SCRATCH) {
        scratch = Math.max(scratch, (long) rows(run) * tiling.cols(plan.order[begin]));
      }
    }
    this.spaces = new Space[plan.workers];
    for (int worker = 0; worker < spaces.length; worker++) {
      spaces[worker] = newSpace(scratch);
    }
  }

  private Space newSpace(long elements) {
    String what = "scratch of '" + spec.label() + "'";
    return new Space(
        elements == 0 ? 0 : context.memory.allocate(what, 4 * elements),
        spec.inputType() == DType.INT8 ? context.memory.allocate(what, 4 * elements) : 0,
        new TileProduct(spec));
  }

  void release() {
    panels.release();
    places.release();
    for (Space space : spaces) {
      context.memory.free(space.sums);
      context.memory.free(space.chunk);
    }
  }

  /** Rows of all tiles of a run, which lie one below the other. */
  private int rows(int run) {
    int last = plan.order[plan.end(run) - 1];
    return tiling.row(last) + tiling.rows(last) - tiling.row(plan.order[plan.begin(run)]);
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
      int workers = Math.min(plan.workers, plan.runs());
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
      int run;
      while ((run = next.getAndIncrement()) < plan.runs()) {
        context.faults.leaveIfRaised();
        by.chaos.delay();
        tiles(run, worker, by);
      }
    } finally {
      by.lane = lane;
      by.operation = operation;
    }
  }

  private void tiles(int run, int worker, Execution by) {
    int begin = plan.begin(run);
    int end = plan.end(run);
    int first = plan.order[begin];
    boolean storesAtOnce = landings[run] == TilePlaces.Landing.TARGET;
    awaitGate(first, by);
    if (storesAtOnce) {
      awaitClearance(first, by);
    }
    long start = by.tracing() ? System.nanoTime() : 0;
    Space space = spaces[worker];
    context.share.enter(spec.rank());
    try {
      multiply(run, worker, space, by);
    } finally {
      context.share.leave(spec.rank(), (long) rows(run) * tiling.cols(first) * spec.k());
    }
    if (storesAtOnce) {
      trace(begin, end, start, by);
    }
    for (int position = begin; position < end; position++) {
      int tile = plan.order[position];
      if (!storesAtOnce) {
        awaitClearance(tile, by);
        store(run, position, space, by);
      }
      if (places.isCarried(tile)) {
        deliver(position, space.parcel, by);
      } else { // otherwise the agent posts
        post(tile, space, by);
      }
    }
    if (!storesAtOnce) {
      trace(begin, end, start, by);
    }
  }

  private void trace(int begin, int end, long start, Execution by) {
    if (by.tracing()) {
      by.span(TraceEvent.Kind.COMPUTE, name(begin, end), start);
    }
  }

  private String name(int begin, int end) {
    return end - begin == 1
        ? "tile " + plan.order[begin]
        : "tiles " + plan.order[begin] + " … " + plan.order[end - 1];
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

  private void multiply(int run, int worker, Space space, Execution by) {
    int begin = plan.begin(run);
    int first = plan.order[begin];
    int rows = rows(run);
    int cols = tiling.cols(first);
    long a = panels.a(operands, tiling.tileRow(first), worker, by.scratch);
    for (int position = begin + 1; position < plan.end(run); position++) {
      panels.a(operands, tiling.tileRow(plan.order[position]), worker, by.scratch);
    }
    long b = panels.b(operands, tiling.tileCol(first), worker, by.scratch);
    int aStride = panels.aStride(operands);
    int bStride = panels.bStride(operands, tiling.tileCol(first));
    if (spec.inputType() == DType.INT8) {
      space.product.ints(rows, cols, a, aStride, b, bStride, space.sums, space.chunk, by.scratch);
      return;
    }
    long target =
        switch (landings[run]) {
          case TARGET -> places.target(first, operands);
          case OUTGOING -> places.outgoing(begin);
          case SCRATCH -> space.sums;
        };
    long stride =
        switch (landings[run]) {
          case TARGET -> places.targetPitch(operands) / 4;
          case OUTGOING -> places.outgoingPitch() / 4;
          case SCRATCH -> cols;
        };
    space.product.floats(rows, cols, a, aStride, b, bStride, target, (int) stride);
  }

  /** Brings a tile from where it was multiplied to, to where it belongs or waits for the link. */
  private void store(int run, int position, Space space, Execution by) {
    int tile = plan.order[position];
    boolean carried = places.isCarried(tile);
    boolean waitsAlready = landings[run] == TilePlaces.Landing.OUTGOING;
    if (carried && waitsAlready) {
      return;
    }
    int rows = tiling.rows(tile);
    int cols = tiling.cols(tile);
    long target = carried ? places.outgoing(position) : places.target(tile, operands);
    long pitch = carried ? places.outgoingPitch() : places.targetPitch(operands);
    int above = tiling.row(tile) - tiling.row(plan.order[plan.begin(run)]);
    long sums = space.sums + 4L * above * cols;
    if (!straight) {
      TileStore.store(
          spec,
          operands,
          sums,
          tiling.row(tile),
          tiling.col(tile),
          rows,
          cols,
          target,
          pitch,
          by.scratch);
      return;
    }
    long source = waitsAlready ? places.outgoing(position) : sums;
    long sourcePitch = waitsAlready ? places.outgoingPitch() : 4L * cols;
    OffHeap.copyRows(source, sourcePitch, target, pitch, 4L * cols, rows);
  }

  private void awaitClearance(int tile, Execution by) {
    if (plan.clearanceSignals != null
        && spec.route() instanceof TileRoute.Owners owners
        && owners.clearance() != null) {
      int word = owners.clearance().words()[tiling.shard(tile)];
      by.awaitWords(plan.clearanceSignals, word, 1, clearanceTarget, tile);
    }
  }

  private void deliver(int position, DeliveryAgent.Parcel parcel, Execution by) {
    int tile = plan.order[position];
    parcel.peer = spec.owner(tiling.shard(tile));
    parcel.source = places.outgoing(position);
    parcel.rowBytes = (long) tiling.cols(tile) * spec.outputType().bytes();
    parcel.sourcePitch = places.outgoingPitch();
    parcel.rows = tiling.rows(tile);
    parcel.target = places.target(tile, operands);
    parcel.targetPitch = places.targetPitch(operands);
    parcel.name = by.tracing() ? "tile " + tile : "";
    parcel.post = null;
    if (plan.postSignals != null
        && spec.post() instanceof TilePost.Counters counters
        && counters.words()[tile] >= 0) {
      parcel.post = plan.postSignals;
      parcel.owner = counters.at() == TilePost.At.SELF ? spec.rank() : parcel.peer;
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
    if (!places.isRemote(owner)) {
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
}
