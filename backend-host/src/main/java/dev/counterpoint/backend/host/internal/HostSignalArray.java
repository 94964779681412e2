package dev.counterpoint.backend.host.internal;

import dev.counterpoint.InvalidArgumentException;
import dev.counterpoint.spi.SignalArray;

/** Words on every rank, next to each other off-heap. */
final class HostSignalArray extends Resource implements SignalArray {
  private final HostContext context;
  private final String name;
  private final int words;
  private final long base;

  HostSignalArray(HostContext context, String name, int words) {
    super(context.resources, "signal array '" + name + "'");
    this.context = context;
    this.name = name;
    this.words = words;
    this.base = context.memory.allocateZeroed(toString(), 8L * words * context.size());
  }

  static HostSignalArray of(HostContext context, SignalArray array) {
    if (array instanceof HostSignalArray mine && mine.context == context) {
      mine.requireOpen();
      return mine;
    }
    throw new InvalidArgumentException("array", array, "be a signal array of this backend");
  }

  /** Address of a rank's word. */
  long address(int rank, int word) {
    return base + 8L * ((long) rank * words + word);
  }

  /** Checks a range of words that a caller named. */
  void requireWords(String argument, int first, int count) {
    if (first < 0 || count < 0 || first > words - count) {
      throw new InvalidArgumentException(
          argument,
          count == 1 ? first : first + "+" + count,
          "lie within the " + words + " words of " + this);
    }
  }

  /** Raises a rank's word to a value and wakes who waits for it. */
  void raise(int owner, int word, long value) {
    OffHeap.raiseWord(address(owner, word), value);
    context.rank(owner).words.ring();
  }

  /** Adds to a rank's word and wakes who waits for it. */
  void add(int owner, int word, long delta) {
    OffHeap.addWord(address(owner, word), delta);
    context.rank(owner).words.ring();
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
  void release() {
    context.memory.free(base);
  }
}
