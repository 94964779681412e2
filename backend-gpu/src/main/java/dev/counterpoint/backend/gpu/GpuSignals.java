package dev.counterpoint.backend.gpu;

import dev.counterpoint.NativeException;
import dev.counterpoint.spi.Epoch;
import dev.counterpoint.spi.SignalArray;
import dev.counterpoint.spi.Signals;
import dev.counterpoint.spi.Stream;
import dev.counterpoint.spi.Target;
import dev.counterpoint.spi.TraceEvent;
import dev.counterpoint.spi.support.Duration64;
import dev.counterpoint.spi.support.MemoryChecks;
import dev.counterpoint.spi.support.SignalChecks;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;

/**
 * Signals by small kernels of one warp: they read the epoch from device memory, so a replayed graph
 * uses that of the replay.
 */
final class GpuSignals implements Signals {
  private static final long PAUSE_NANOS = 20_000;

  private final GpuContext context;

  GpuSignals(GpuContext context) {
    this.context = context;
  }

  @Override
  public SignalArray allocate(String name, int wordsPerRank) {
    context.requireOpen();
    MemoryChecks.requireSize("wordsPerRank", wordsPerRank);
    GpuSignalArray array = new GpuSignalArray(context, name, wordsPerRank);
    array.opened();
    return array;
  }

  @Override
  public Epoch newEpoch(int rank) {
    context.requireOpen();
    GpuEpoch epoch = new GpuEpoch(context, context.requireRank("rank", rank));
    epoch.opened();
    return epoch;
  }

  @Override
  public void advance(Stream stream, Epoch epoch) {
    GpuStream mine = GpuStream.of(context, stream);
    GpuEpoch counter = GpuEpoch.of(context, mine.rank(), epoch);
    mine.begin();
    mine.launch(
        mine.state().kernels().advance,
        1,
        mine.blocks().advance(mine.operation(), counter.address()));
  }

  @Override
  public void set(Stream stream, SignalArray array, int owner, int word, Epoch epoch) {
    GpuStream mine = GpuStream.of(context, stream);
    GpuSignalArray words = GpuSignalArray.of(context, array);
    SignalChecks.requireWords("word", words, word, 1);
    context.requireRank("owner", owner);
    GpuEpoch counter = GpuEpoch.of(context, mine.rank(), epoch);
    mine.begin();
    raise(mine, words, owner, word, counter);
  }

  /**
   * Raises one word behind everything enqueued so far. Where kernels cannot reach the owner's
   * memory the epoch is copied there instead: only this rank ever raises that word by it, and its
   * epochs grow, so the word does too.
   */
  void raise(GpuStream stream, GpuSignalArray words, int owner, int word, GpuEpoch epoch) {
    if (!context.reaches(stream.rank(), owner)) {
      stream.copy(words.address(owner, word), epoch.address(), Long.BYTES);
      return;
    }
    words.raisedOnlyBy(owner, word, epoch, stream);
    stream.launch(
        stream.state().kernels().set,
        1,
        stream.blocks().set(stream.operation(), words.address(owner, word), 0, 0, epoch.address()));
  }

  @Override
  public void setAll(Stream stream, SignalArray array, int[] owners, int word, Epoch epoch) {
    GpuStream mine = GpuStream.of(context, stream);
    GpuSignalArray words = GpuSignalArray.of(context, array);
    SignalChecks.requireWords("word", words, word, 1);
    boolean everyone = owners.length == context.size() && context.reachesAll(mine.rank());
    for (int i = 0; i < owners.length; i++) {
      context.requireRank("owners", owners[i]);
      everyone &= owners[i] == i;
    }
    GpuEpoch counter = GpuEpoch.of(context, mine.rank(), epoch);
    mine.begin();
    long table = words.everyone(mine.rank(), word);
    if (everyone && table != 0) {
      for (int owner : owners) {
        words.raisedOnlyBy(owner, word, counter, mine);
      }
      mine.launch(
          mine.state().kernels().set,
          1,
          mine.blocks().set(mine.operation(), 0, table, owners.length, counter.address()));
      return;
    }
    for (int owner : owners) {
      raise(mine, words, owner, word, counter);
    }
  }

  @Override
  public void add(Stream stream, SignalArray array, int owner, int word, long delta) {
    GpuStream mine = GpuStream.of(context, stream);
    GpuSignalArray words = GpuSignalArray.of(context, array);
    SignalChecks.requireWords("word", words, word, 1);
    context.requireRank("owner", owner);
    SignalChecks.requireGrowth(delta);
    context.requireReach(mine.rank(), owner, "adding to a word of another rank");
    mine.begin();
    words.count();
    mine.launch(
        mine.state().kernels().add,
        1,
        mine.blocks().add(mine.operation(), words.address(owner, word), delta));
  }

  @Override
  public void await(Stream stream, SignalArray array, int word, Epoch epoch, Target target) {
    awaitAll(stream, array, word, 1, epoch, target);
  }

  @Override
  public void awaitAll(
      Stream stream, SignalArray array, int firstWord, int count, Epoch epoch, Target target) {
    GpuStream mine = GpuStream.of(context, stream);
    GpuSignalArray words = GpuSignalArray.of(context, array);
    SignalChecks.requireWords("word", words, firstWord, count);
    GpuEpoch counter = GpuEpoch.of(context, mine.rank(), epoch);
    mine.begin();
    int span = mine.beginSpan();
    ParameterBlock block =
        mine.blocks()
            .await(
                mine.operation(),
                words.address(mine.rank(), firstWord),
                count,
                words.id(),
                firstWord,
                counter.address(),
                target.perEpoch(),
                target.offset());
    mine.launch(mine.state().kernels().await, 1, block);
    mine.hasWaited();
    if (span >= 0) {
      mine.endSpan(span, TraceEvent.Kind.WAIT, "await " + array.name() + "[" + firstWord + "]");
    }
  }

  @Override
  public long read(SignalArray array, int rank, int word) {
    GpuSignalArray words = wordOf(array, rank, word);
    return read(words, rank, word);
  }

  private long read(GpuSignalArray words, int rank, int word) {
    try {
      return context.rank(rank).readWord(words.address(rank, word));
    } catch (NativeException e) {
      throw context.failed(rank, "", e);
    }
  }

  @Override
  public void addFromHost(SignalArray array, int rank, int word, long delta) {
    GpuSignalArray words = wordOf(array, rank, word);
    SignalChecks.requireGrowth(delta);
    context.faults.check();
    words.count();
    RankState state = context.rank(rank);
    ParameterBlock block =
        state
            .block(SignalAddParams.SIZE)
            .operation(state.waitContext(), state.localAbort(), 0)
            .set(SignalAddParams.WORD, words.address(rank, word))
            .set(SignalAddParams.DELTA, delta);
    try {
      state.run("adding to a word", state.kernels().add, 1, block);
    } catch (NativeException e) {
      throw context.failed(rank, "", e);
    }
  }

  @Override
  public void awaitOnHost(SignalArray array, int rank, int word, long value, Duration deadline) {
    GpuSignalArray words = wordOf(array, rank, word);
    long start = System.nanoTime();
    long nanos = Duration64.nanos(deadline);
    while (true) {
      context.faults.check();
      long seen = read(words, rank, word);
      if (seen >= value) {
        return;
      }
      if (System.nanoTime() - start >= nanos) {
        throw SignalChecks.late(words, rank, word, seen, value, deadline);
      }
      LockSupport.parkNanos(PAUSE_NANOS);
    }
  }

  private GpuSignalArray wordOf(SignalArray array, int rank, int word) {
    GpuSignalArray words = GpuSignalArray.of(context, array);
    context.requireRank("rank", rank);
    SignalChecks.requireWords("word", words, word, 1);
    return words;
  }
}
