package dev.counterpoint.spi.support;

import dev.counterpoint.spi.Epoch;
import dev.counterpoint.spi.SignalArray;
import dev.counterpoint.spi.Signals;
import dev.counterpoint.spi.Stream;
import dev.counterpoint.spi.Target;
import java.time.Duration;

/**
 * Signals whose arguments are checked here (rules SIG-12, ERR-7), and which leave the backend words
 * and counters of its own to work on.
 *
 * @param <S> the backend's streams
 * @param <A> its signal arrays
 * @param <E> its epochs
 */
public abstract class CheckedSignals<
        S extends Resource & Stream, A extends Resource & SignalArray, E extends Resource & Epoch>
    implements Signals {
  private final BackendContext context;
  private final Class<S> streams;
  private final Class<A> arrays;
  private final Class<E> epochs;

  /** Creates those of one backend. */
  protected CheckedSignals(
      BackendContext context, Class<S> streams, Class<A> arrays, Class<E> epochs) {
    this.context = context;
    this.streams = streams;
    this.arrays = arrays;
    this.epochs = epochs;
  }

  /** Makes an array, not yet {@linkplain Resource#opened opened}. */
  protected abstract A newArray(String name, int wordsPerRank);

  /** Makes a counter, not yet {@linkplain Resource#opened opened}. */
  protected abstract E newCounter(int rank);

  /** Enqueues adding one to a counter. */
  protected abstract void advanceCounter(S stream, E epoch);

  /** Enqueues raising one owner's word to the epoch. */
  protected abstract void raise(S stream, A array, int owner, int word, E epoch);

  /** Enqueues raising the word of several owners to the epoch. */
  protected abstract void raiseAll(S stream, A array, int[] owners, int word, E epoch);

  /** Enqueues adding to one owner's word. */
  protected abstract void addTo(S stream, A array, int owner, int word, long delta);

  /** Enqueues a wait for words of the stream's own rank. */
  protected abstract void awaitWords(
      S stream, A array, int firstWord, int count, E epoch, Target target);

  /** Reads a word from the host. */
  protected abstract long readWord(A array, int rank, int word);

  /** Adds to a word from the host. */
  protected abstract void addToWord(A array, int rank, int word, long delta);

  /**
   * Waits on the host until a word has a value.
   *
   * @return whether it had it in time
   */
  protected abstract boolean awaitWord(A array, int rank, int word, long value, long nanos);

  private S own(Stream stream) {
    return context.own(streams, "stream", stream, "a stream");
  }

  private A own(SignalArray array, int firstWord, int count) {
    A mine = SignalChecks.own(context, arrays, array);
    SignalChecks.requireWords("word", mine, firstWord, count);
    return mine;
  }

  private E own(Epoch epoch, int rank) {
    return SignalChecks.own(context, epochs, epoch, rank);
  }

  @Override
  public final SignalArray allocate(String name, int wordsPerRank) {
    context.requireOpen();
    MemoryChecks.requireSize("wordsPerRank", wordsPerRank);
    A array = newArray(name, wordsPerRank);
    array.opened();
    return array;
  }

  @Override
  public final Epoch newEpoch(int rank) {
    context.requireOpen();
    E epoch = newCounter(context.requireRank("rank", rank));
    epoch.opened();
    return epoch;
  }

  @Override
  public final void advance(Stream stream, Epoch epoch) {
    S mine = own(stream);
    advanceCounter(mine, own(epoch, mine.rank()));
  }

  @Override
  public final void set(Stream stream, SignalArray array, int owner, int word, Epoch epoch) {
    S mine = own(stream);
    A words = own(array, word, 1);
    context.requireRank("owner", owner);
    raise(mine, words, owner, word, own(epoch, mine.rank()));
  }

  @Override
  public final void setAll(Stream stream, SignalArray array, int[] owners, int word, Epoch epoch) {
    S mine = own(stream);
    A words = own(array, word, 1);
    for (int owner : owners) {
      context.requireRank("owners", owner);
    }
    raiseAll(mine, words, owners, word, own(epoch, mine.rank()));
  }

  @Override
  public final void add(Stream stream, SignalArray array, int owner, int word, long delta) {
    S mine = own(stream);
    A words = own(array, word, 1);
    context.requireRank("owner", owner);
    SignalChecks.requireGrowth(delta);
    addTo(mine, words, owner, word, delta);
  }

  @Override
  public final void await(Stream stream, SignalArray array, int word, Epoch epoch, Target target) {
    awaitAll(stream, array, word, 1, epoch, target);
  }

  @Override
  public final void awaitAll(
      Stream stream, SignalArray array, int firstWord, int count, Epoch epoch, Target target) {
    S mine = own(stream);
    A words = own(array, firstWord, count);
    awaitWords(mine, words, firstWord, count, own(epoch, mine.rank()), target);
  }

  @Override
  public final long read(SignalArray array, int rank, int word) {
    return readWord(hostWord(array, rank, word), rank, word);
  }

  @Override
  public final void addFromHost(SignalArray array, int rank, int word, long delta) {
    A words = hostWord(array, rank, word);
    SignalChecks.requireGrowth(delta);
    addToWord(words, rank, word, delta);
  }

  @Override
  public final void awaitOnHost(
      SignalArray array, int rank, int word, long value, Duration deadline) {
    A words = hostWord(array, rank, word);
    if (!awaitWord(words, rank, word, value, Duration64.nanos(deadline))) {
      throw SignalChecks.late(words, rank, word, readWord(words, rank, word), value, deadline);
    }
  }

  private A hostWord(SignalArray array, int rank, int word) {
    A words = own(array, word, 1);
    context.requireRank("rank", rank);
    return words;
  }
}
