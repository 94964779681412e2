package dev.counterpoint.backend.gpu;

import dev.counterpoint.CounterpointException;
import dev.counterpoint.Failure;
import dev.counterpoint.NativeException;
import dev.counterpoint.spi.Graph;
import dev.counterpoint.spi.Stream;
import dev.counterpoint.spi.TraceEvent;
import dev.counterpoint.spi.support.Capture;
import dev.counterpoint.spi.support.Resource;
import org.jspecify.annotations.Nullable;

/** Captured work, made executable and already on the device. */
final class GpuGraph extends Resource implements Graph {
  private final GpuContext context;
  private final RankState state;
  private final long executable;
  private final int collectives;
  private volatile @Nullable GpuStream lastStream;

  private GpuGraph(GpuContext context, RankState state, long executable, int collectives) {
    super(context.resources, "graph of rank " + state.index());
    this.context = context;
    this.state = state;
    this.executable = executable;
    this.collectives = collectives;
  }

  /** Makes a graph of what the driver captured, or says why there is none. */
  static GpuGraph of(
      GpuContext context,
      RankState state,
      Capture<GpuStream> capture,
      long graph,
      @Nullable NativeException refusal) {
    try {
      capture.requireJoined();
      if (refusal != null) {
        throw new CounterpointException(
            Failure.Category.USAGE,
            "the capture of " + capture.origin().stream() + " is not good: " + refusal.getMessage(),
            refusal);
      }
      long executable = context.driver.instantiate(graph);
      try {
        state.uploadGraph(executable);
      } catch (NativeException e) {
        context.driver.destroyExecutable(executable);
        throw e;
      }
      return new GpuGraph(context, state, executable, capture.collectives());
    } finally {
      if (graph != 0) {
        context.driver.destroyGraph(graph);
      }
    }
  }

  @Override
  public void launch(Stream stream) {
    requireOpen();
    GpuStream mine = GpuStream.of(context, stream, state.index(), "graph");
    mine.begin();
    mine.holdAfterFailure();
    int span = mine.beginSpan();
    CollectiveWatch watch = context.watch();
    int watched = collectives > 0 && !mine.capturing() ? watch.begin(mine) : -1;
    lastStream = mine;
    try {
      context.driver.launchGraph(executable, mine.handle());
    } catch (NativeException e) {
      throw mine.failed(e);
    }
    mine.enqueuedByLibrary();
    mine.hasWaited();
    watch.end(watched, mine, "in a replayed graph", 0);
    mine.endSpan(span, TraceEvent.Kind.OTHER, "graph");
  }

  /**
   * The driver waits for a graph that runs, without bound and with a lock in its hand that the
   * fault path needs: a graph that does not end is left to the end of the process.
   */
  @Override
  protected void release() {
    GpuStream stream = lastStream;
    context.letGo();
    if (stream != null && !stream.awaitIdle(context.options.waitNanos(), false)) {
      return;
    }
    state.use();
    try {
      context.driver.destroyExecutable(executable);
    } catch (NativeException e) {
      // A lost context has taken its graphs with it.
    }
  }
}
