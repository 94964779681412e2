package dev.counterpoint.backend.host.internal;

import dev.counterpoint.spi.SignalArray;
import dev.counterpoint.spi.support.Resource;

/** Words on every rank, next to each other off-heap. */
final class HostSignalArray extends Resource implements SignalArray {
  private final HostContext context;
  private final String name;
  private final int words;
  private final long base;

  /**
   * Beside each word the time of its latest raise, where the link's model wants to know it; or 0.
   */
  private final long times;

  HostSignalArray(HostContext context, String name, int words) {
    super(context.resources, "signal array '" + name + "'");
    this.context = context;
    this.name = name;
    this.words = words;
    long bytes = 8L * words * context.size();
    this.base = context.memory.allocateZeroed(toString(), bytes);
    this.times = context.link.on() ? context.memory.allocateZeroed(toString(), bytes) : 0;
  }

  static HostSignalArray of(HostContext context, SignalArray array) {
    return context.own(HostSignalArray.class, "array", array, "a signal array");
  }

  /** Address of a rank's word. */
  long address(int rank, int word) {
    return base + 8L * ((long) rank * words + word);
  }

  /** Raises a rank's word to a value and wakes who waits for it. */
  void raise(int owner, int word, long value) {
    stamp(owner, word);
    OffHeap.raiseWord(address(owner, word), value);
    context.rank(owner).words.ring();
  }

  /** Adds to a rank's word and wakes who waits for it. */
  void add(int owner, int word, long delta) {
    stamp(owner, word);
    OffHeap.addWord(address(owner, word), delta);
    context.rank(owner).words.ring();
  }

  private void stamp(int owner, int word) {
    if (times != 0) {
      OffHeap.raiseWord(times + address(owner, word) - base, System.nanoTime());
    }
  }

  /** When the latest of a rank's words was raised; only with a simulated link. */
  long raisedAt(int rank, int first, int count) {
    long latest = Long.MIN_VALUE;
    for (int word = first; word < first + count; word++) {
      latest = Math.max(latest, OffHeap.word(times + address(rank, word) - base));
    }
    return latest;
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
    context.memory.free(base);
    if (times != 0) {
      context.memory.free(times);
    }
  }
}
