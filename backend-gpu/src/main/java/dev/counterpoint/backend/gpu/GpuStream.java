package dev.counterpoint.backend.gpu;

import dev.counterpoint.CounterpointException;
import dev.counterpoint.DeadlineExceededException;
import dev.counterpoint.Failure;
import dev.counterpoint.NativeException;
import dev.counterpoint.spi.Event;
import dev.counterpoint.spi.Graph;
import dev.counterpoint.spi.Stream;
import dev.counterpoint.spi.TraceEvent;
import dev.counterpoint.spi.support.BackendContext;
import dev.counterpoint.spi.support.Capture;
import dev.counterpoint.spi.support.Chaos;
import dev.counterpoint.spi.support.Duration64;
import dev.counterpoint.spi.support.Resource;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * A stream of the driver. Everything that is enqueued anywhere in this backend goes through here:
 * checks, the calling thread's device, errors, captures and traces in one place.
 */
final class GpuStream extends Resource implements Stream {
  private static final long SPIN_NANOS = 50_000;
  private static final long PAUSE_NANOS = 20_000;
  private static final int ROUNDS_TO_LET_GO = 100;

  private final GpuContext context;
  private final RankState state;
  private final int number;
  private final String name;
  private final long handle;
  private final StreamBlocks blocks;
  private final StreamQueue queue;
  private final Chaos chaos;
  private String label = "";
  private int operation;
  private Capture.@Nullable Branch<GpuStream> branch;

  /** Whether something was enqueued, here or before an event awaited here, that may have failed. */
  private boolean followsWait;

  private final Object life = new Object();
  private boolean destroyed;

  GpuStream(GpuContext context, int rank, String name, int priority) {
    super(context.resources, "stream '" + name + "' of rank " + rank);
    this.context = context;
    this.state = context.rank(rank);
    this.number = context.nextNumber();
    this.chaos = Chaos.of(context.options.chaosSeed(), rank, number);
    this.name = name;
    state.use();
    handle = context.driver.createStream(priority);
    blocks = new StreamBlocks(state);
    queue = new StreamQueue(context, this);
    state.streams().add(this);
  }

  /** The stream, after checking that it is this backend's and open. */
  static GpuStream of(GpuContext context, Stream stream) {
    return context.own(GpuStream.class, "stream", stream, "a stream");
  }

  /** The same, of one rank. */
  static GpuStream of(GpuContext context, Stream stream, int rank, String what) {
    GpuStream mine = of(context, stream);
    BackendContext.requireSameRank("stream", stream, mine.rank(), rank, what);
    return mine;
  }

  /** Tells it from all others of its backend; never 0. */
  int number() {
    return number;
  }

  RankState state() {
    return state;
  }

  long handle() {
    return handle;
  }

  /** Blocks of parameters for kernels whose arguments come with each call. */
  StreamBlocks blocks() {
    return blocks;
  }

  /** Number of the operation that what is enqueued belongs to. */
  int operation() {
    return operation;
  }

  String operationLabel() {
    return label;
  }

  Capture.@Nullable Branch<GpuStream> branch() {
    return branch;
  }

  @Override
  public boolean capturing() {
    return branch != null;
  }

  /** Before anything is enqueued: the world is well, and the thread's calls go to this device. */
  void begin() {
    requireOpen();
    context.faults.check();
    chaos.delay();
    state.use();
    if (branch == null) {
      queue.enter();
    }
  }

  private void counted() {
    Capture.Branch<GpuStream> mine = branch;
    if (mine != null) {
      mine.add();
    }
  }

  /** Notes that a kernel was enqueued that waits, and may give up. */
  void hasWaited() {
    followsWait = true;
  }

  /**
   * Before work that is not a kernel of ours, and so does not ask whether the world has failed: the
   * stream is held instead if a wait before it has expired (rule ERR-10).
   */
  void holdAfterFailure() {
    if (followsWait) {
      followsWait = false;
      if (state.holds(branch != null)) {
        try {
          context.driver.holdWhileSet(handle, state.localAbort());
        } catch (NativeException e) {
          throw failed(e);
        }
        counted();
      }
    }
  }

  RuntimeException failed(NativeException e) {
    return context.failed(state.index(), label, e);
  }

  /** Enqueues a copy between any two addresses. */
  void copy(long target, long source, long bytes) {
    holdAfterFailure();
    try {
      context.driver.copy(target, source, bytes, handle);
    } catch (NativeException e) {
      throw failed(e);
    }
    counted();
  }

  /** Enqueues a copy of rows. */
  void copyRows(
      long target, long targetPitch, long source, long sourcePitch, long rowBytes, long rows) {
    holdAfterFailure();
    try {
      context.driver.copyRows(target, targetPitch, source, sourcePitch, rowBytes, rows, handle);
    } catch (NativeException e) {
      throw failed(e);
    }
    counted();
  }

  /** Enqueues a fill. */
  void fill(long target, byte value, long bytes) {
    holdAfterFailure();
    try {
      context.driver.fill(target, value, bytes, handle);
    } catch (NativeException e) {
      throw failed(e);
    }
    counted();
  }

  /** Enqueues a kernel whose block is filled already. */
  void launch(Kernel kernel, int count, ParameterBlock block) {
    try {
      context.driver.launch(
          kernel.handle(), count, kernel.threads(), kernel.sharedBytes(), handle, block.address());
    } catch (NativeException e) {
      throw failed(e);
    }
    counted();
  }

  void enqueuedByLibrary() {
    counted();
  }

  /** Begins a span of the trace; −1 when nothing is traced. */
  int beginSpan() {
    return branch == null && context.tracer.on() ? context.tracer.begin(this) : -1;
  }

  /** Ends a span. The name is only asked for while tracing, so that it costs nothing otherwise. */
  void endSpan(int span, TraceEvent.Kind kind, String what) {
    if (span >= 0) {
      context.tracer.end(span, this, kind, what);
    }
  }

  @Override
  public int rank() {
    return state.index();
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public void label(String newLabel) {
    label = newLabel;
    operation = context.operations.id(newLabel);
  }

  @Override
  public void record(Event event) {
    GpuEvent mine = GpuEvent.of(context, state.index(), event);
    begin();
    try {
      mine.record(this);
    } catch (NativeException e) {
      throw failed(e);
    }
  }

  @Override
  public void await(Event event) {
    GpuEvent mine = GpuEvent.of(context, event);
    begin();
    try {
      mine.await(this);
    } catch (NativeException e) {
      throw failed(e);
    }
    followsWait = true;
  }

  /** What follows comes after a point of a capture; takes part in that capture from now on. */
  void join(Capture.Point<GpuStream> point) {
    Capture.Branch<GpuStream> mine = branch;
    if (mine == null) {
      mine = point.branch().capture().join(this);
      branch = mine;
    }
    mine.await(point);
  }

  @Override
  public void beginCapture() {
    begin();
    if (branch != null) {
      throw new CounterpointException(Failure.Category.STATE, this + " is capturing already");
    }
    try {
      context.driver.beginCapture(handle);
    } catch (NativeException e) {
      throw failed(e);
    }
    branch = new Capture<>(this, GpuStream::leaveCapture).origin();
    followsWait = true;
  }

  @Override
  public Graph endCapture() {
    requireOpen();
    Capture.Branch<GpuStream> mine = branch;
    if (mine == null || mine.capture().origin() != mine) {
      throw new CounterpointException(Failure.Category.STATE, this + " has not begun a capture");
    }
    Capture<GpuStream> capture = mine.capture();
    long graph = 0;
    NativeException refusal = null;
    state.use();
    try {
      graph = context.driver.endCapture(handle);
    } catch (NativeException e) {
      refusal = e;
    }
    capture.leave();
    GpuGraph made = GpuGraph.of(context, state, capture, graph, refusal);
    made.opened();
    return made;
  }

  /** The capture is over. */
  void leaveCapture() {
    branch = null;
    followsWait = true;
  }

  /**
   * Whether all work has run; a stream that captures has none that runs, and must not be asked. Who
   * looks after a rank's streams may ask while the stream's user closes it.
   */
  boolean isIdleOrCapturing() {
    synchronized (life) {
      return branch != null || destroyed || context.driver.isIdle(handle);
    }
  }

  @Override
  public void synchronize(Duration deadline) {
    requireOpen();
    if (branch != null) {
      throw new CounterpointException(
          Failure.Category.STATE, this + " is capturing; it cannot be waited for");
    }
    context.faults.check();
    if (!awaitIdle(Duration64.nanos(deadline), true)) {
      throw new DeadlineExceededException(toString(), deadline);
    }
    context.faults.check();
  }

  /**
   * Waits until what has been enqueued is complete.
   *
   * @param failing whether a fault ends the wait with an exception
   * @return whether it is complete
   */
  boolean awaitIdle(long nanos, boolean failing) {
    long start = System.nanoTime();
    int rounds = 0;
    state.use();
    while (true) {
      try {
        if (isIdleOrCapturing()) {
          return true;
        }
      } catch (NativeException e) {
        if (!failing) {
          return true; // a lost device runs nothing any more
        }
        throw failed(e);
      }
      if (failing) {
        context.faults.check();
      } else if (++rounds % ROUNDS_TO_LET_GO == 0) {
        context.letGo();
        state.use();
      }
      long waited = System.nanoTime() - start;
      if (waited >= nanos) {
        return false;
      }
      if (waited < SPIN_NANOS) {
        Thread.onSpinWait();
      } else {
        LockSupport.parkNanos(Math.min(PAUSE_NANOS, nanos - waited));
      }
    }
  }

  @Override
  protected void release() {
    state.use();
    if (branch != null) {
      abandonCapture(branch.capture());
    }
    context.letGo();
    awaitIdle(context.options.waitNanos(), false);
    state.streams().remove(this);
    synchronized (life) {
      destroyed = true;
      try {
        queue.close();
        context.driver.destroyStream(handle);
      } catch (NativeException e) {
        // A lost context has taken its streams with it.
      }
    }
  }

  private void abandonCapture(Capture<GpuStream> capture) {
    GpuStream origin = capture.origin().stream();
    try {
      context.driver.destroyGraph(context.driver.endCapture(origin.handle));
    } catch (NativeException e) {
      // The driver refuses an unfinished capture, and thereby ends it.
    }
    capture.leave();
  }
}
