package dev.counterpoint.backend.gpu;

import dev.counterpoint.spi.SignalArray;
import dev.counterpoint.spi.support.Resource;
import java.util.concurrent.atomic.AtomicLongArray;

/**
 * Words on every rank. Small arrays have a table on each rank of where each word lies at everyone,
 * so that telling everyone is one kernel.
 */
final class GpuSignalArray extends Resource implements SignalArray {
  private static final int MOST_WORDS_WITH_TABLE = 4096;

  private final GpuContext context;
  private final String name;
  private final int words;
  private final int id;
  private static final long MANY = -1;

  private final long[] base;
  private final long[] everyone;

  /** By rank and word: who alone has raised it so far; 0 for nobody yet. */
  private final AtomicLongArray writers;

  private volatile boolean counted;

  GpuSignalArray(GpuContext context, String name, int words) {
    super(context.resources, "signal array '" + name + "'");
    this.context = context;
    this.name = name;
    this.words = words;
    this.id = context.arrays.id(name);
    int ranks = context.size();
    writers = new AtomicLongArray(Math.multiplyExact(ranks, words));
    base = new long[ranks];
    everyone = new long[ranks];
    try {
      long bytes = (long) words * Long.BYTES;
      for (int rank = 0; rank < ranks; rank++) {
        RankState state = context.rank(rank);
        base[rank] = state.memory().allocateShared(toString(), bytes);
        state.zero(base[rank], bytes);
      }
      if (words <= MOST_WORDS_WITH_TABLE) {
        long[] table = table();
        for (int rank = 0; rank < ranks; rank++) {
          everyone[rank] = context.rank(rank).upload(this + "'s table", table);
        }
      }
    } catch (RuntimeException e) {
      release();
      throw e;
    }
  }

  private long[] table() {
    long[] table = new long[words * base.length];
    for (int i = 0; i < table.length; i++) {
      table[i] = address(i % base.length, i / base.length);
    }
    return table;
  }

  static GpuSignalArray of(GpuContext context, SignalArray array) {
    return context.own(GpuSignalArray.class, "array", array, "a signal array");
  }

  /**
   * Notes that one epoch raises a word through one stream; whether nobody else ever has. Then the
   * word only takes values of that epoch in their order, and copying the epoch there raises it.
   */
  boolean raisedOnlyBy(int owner, int word, GpuEpoch epoch, GpuStream stream) {
    if (counted) {
      return false;
    }
    int index = owner * words + word;
    long writer = (long) epoch.number() << 32 | stream.number();
    long known = writers.get(index);
    if (known == 0 && writers.compareAndSet(index, 0, writer)) {
      return true;
    }
    if (writers.get(index) == writer) {
      return true;
    }
    writers.set(index, MANY);
    return false;
  }

  /** Notes that words of this array are added to: none of them is raised by copying any more. */
  void count() {
    counted = true;
  }

  /** Number by which fault records name it. */
  int id() {
    return id;
  }

  /** Address of a rank's first word. */
  long base(int rank) {
    return base[rank];
  }

  /** Address of a rank's word. */
  long address(int rank, int word) {
    return base[rank] + (long) word * Long.BYTES;
  }

  /** On a rank's device: the addresses of one word at every rank; 0 where there is no table. */
  long everyone(int rank, int word) {
    return everyone[rank] == 0 ? 0 : everyone[rank] + (long) word * base.length * Long.BYTES;
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public int words() {
    return words;
  }

  @Override
  protected void release() {
    for (int rank = 0; rank < base.length; rank++) {
      if (base[rank] != 0) {
        context.rank(rank).memory().free(base[rank]);
      }
      if (everyone[rank] != 0) {
        context.rank(rank).memory().free(everyone[rank]);
      }
    }
  }
}
