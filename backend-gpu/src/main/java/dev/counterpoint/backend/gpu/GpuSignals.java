package dev.counterpoint.backend.gpu;

import dev.counterpoint.NativeException;
import dev.counterpoint.spi.Target;
import dev.counterpoint.spi.TraceEvent;
import dev.counterpoint.spi.support.CheckedSignals;
import java.util.concurrent.locks.LockSupport;

/**
 * Signals by small kernels of one warp: they read the epoch from device memory, so a replayed graph
 * uses that of the replay.
 */
final class GpuSignals extends CheckedSignals<GpuStream, GpuSignalArray, GpuEpoch> {
  private static final long PAUSE_NANOS = 20_000;

  private final GpuContext context;

  GpuSignals(GpuContext context) {
    super(context, GpuStream.class, GpuSignalArray.class, GpuEpoch.class);
    this.context = context;
  }

  @Override
  protected GpuSignalArray newArray(String name, int wordsPerRank) {
    return new GpuSignalArray(context, name, wordsPerRank);
  }

  @Override
  protected GpuEpoch newCounter(int rank) {
    return new GpuEpoch(context, rank);
  }

  @Override
  protected void advanceCounter(GpuStream stream, GpuEpoch epoch) {
    stream.begin();
    stream.launch(
        stream.state().kernels().advance,
        1,
        stream.blocks().advance(stream.operation(), epoch.address()));
  }

  @Override
  protected void raise(
      GpuStream stream, GpuSignalArray array, int owner, int word, GpuEpoch epoch) {
    stream.begin();
    raiseBehind(stream, array, owner, word, epoch);
  }

  /**
   * Raises one word behind everything enqueued so far. Where kernels cannot reach the owner's
   * memory the epoch is copied there instead: only this rank ever raises that word by it, and its
   * epochs grow, so the word does too.
   */
  void raiseBehind(GpuStream stream, GpuSignalArray array, int owner, int word, GpuEpoch epoch) {
    if (!context.reaches(stream.rank(), owner)) {
      stream.copy(array.address(owner, word), epoch.address(), Long.BYTES);
      return;
    }
    array.raisedOnlyBy(owner, word, epoch, stream);
    stream.launch(
        stream.state().kernels().set,
        1,
        stream.blocks().set(stream.operation(), array.address(owner, word), 0, 0, epoch.address()));
  }

  @Override
  protected void raiseAll(
      GpuStream stream, GpuSignalArray array, int[] owners, int word, GpuEpoch epoch) {
    boolean everyone = owners.length == context.size() && context.reachesAll(stream.rank());
    for (int i = 0; i < owners.length; i++) {
      everyone &= owners[i] == i;
    }
    stream.begin();
    long table = array.everyone(stream.rank(), word);
    if (everyone && table != 0) {
      for (int owner : owners) {
        array.raisedOnlyBy(owner, word, epoch, stream);
      }
      stream.launch(
          stream.state().kernels().set,
          1,
          stream.blocks().set(stream.operation(), 0, table, owners.length, epoch.address()));
      return;
    }
    for (int owner : owners) {
      raiseBehind(stream, array, owner, word, epoch);
    }
  }

  @Override
  protected void addTo(GpuStream stream, GpuSignalArray array, int owner, int word, long delta) {
    context.requireReach(stream.rank(), owner, "adding to a word of another rank");
    stream.begin();
    array.count();
    stream.launch(
        stream.state().kernels().add,
        1,
        stream.blocks().add(stream.operation(), array.address(owner, word), delta));
  }

  @Override
  protected void awaitWords(
      GpuStream stream,
      GpuSignalArray array,
      int firstWord,
      int count,
      GpuEpoch epoch,
      Target target) {
    stream.begin();
    int span = stream.beginSpan();
    ParameterBlock block =
        stream
            .blocks()
            .await(
                stream.operation(),
                array.address(stream.rank(), firstWord),
                count,
                array.id(),
                firstWord,
                epoch.address(),
                target.perEpoch(),
                target.offset());
    stream.launch(stream.state().kernels().await, 1, block);
    stream.hasWaited();
    if (span >= 0) {
      stream.endSpan(span, TraceEvent.Kind.WAIT, "await " + array.name() + "[" + firstWord + "]");
    }
  }

  @Override
  protected long readWord(GpuSignalArray array, int rank, int word) {
    try {
      return context.rank(rank).readWord(array.address(rank, word));
    } catch (NativeException e) {
      throw context.failed(rank, "", e);
    }
  }

  @Override
  protected void addToWord(GpuSignalArray array, int rank, int word, long delta) {
    context.faults.check();
    array.count();
    RankState state = context.rank(rank);
    ParameterBlock block =
        state
            .block(SignalAddParams.SIZE)
            .operation(state.waitContext(), state.localAbort(), 0)
            .set(SignalAddParams.WORD, array.address(rank, word))
            .set(SignalAddParams.DELTA, delta);
    try {
      state.run("adding to a word", state.kernels().add, 1, block);
    } catch (NativeException e) {
      throw context.failed(rank, "", e);
    }
  }

  @Override
  protected boolean awaitWord(GpuSignalArray array, int rank, int word, long value, long nanos) {
    long start = System.nanoTime();
    while (true) {
      context.faults.check();
      if (readWord(array, rank, word) >= value) {
        return true;
      }
      if (System.nanoTime() - start >= nanos) {
        return false;
      }
      LockSupport.parkNanos(PAUSE_NANOS);
    }
  }
}
